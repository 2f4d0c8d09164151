/* Claim 1.3g: the frame that a generator carries with it.

   Experiment: frames.py, which marks the address and the size of the generator object: that the frame lies
   inside it is a comparison with what the program says, and not with what the event is called. */

#include "claims.h"
#include "../part.h"

static GBX_EXPERIMENT(list_of_numbers, "must-fail", "list_of_numbers", OBJECTS);
static GBX_EXPERIMENT(asked_once, "must-fail", "asked_once", OBJECTS);

#define MAX_ADDRESS  0x1p53      /* whole numbers are exact in a double up to here */

/* The frame's new place is inside the generator object, whose address and size the program marks. */
static gbx_verdict
judge_place(const gbx_part *part, gbx_finding *finding, const gbx_frame_generator *move)
{
    double address, size;
    if (!gbx_part_number(part, "address", &address) || !gbx_part_number(part, "size", &size)
        || !(address >= 0 && address < MAX_ADDRESS && size > 0)) {
        return gbx_finding_insufficient(finding, "the program marks no address and size");
    }
    uint32_t start = (uint32_t)((uint64_t)address >> 3);
    uint32_t words = move->generator - start;
    if (words >= size / 8) {
        return gbx_finding_fail(finding, "the frame lies inside the generator object",
                                "outside of it", NULL);
    }
    gbx_finding_fact(finding, "that is %u bytes into the generator object, which has %.0f bytes",
                     words * 8, size);
    return GBX_PASS;
}

typedef struct {
    uint32_t suspended;
    uint32_t resumed;
} turns;

/* Each time the frame is suspended or resumed it is where it was moved to. */
static gbx_verdict
follow_generator(const gbx_part *part, gbx_finding *finding, size_t moved, turns *count)
{
    const gbx_frame_generator *move = gbx_part_record(part, moved);
    for (size_t at = moved + 1; at < part->end; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (event != GBX_EV_FRAME_SUSPEND && event != GBX_EV_FRAME_RESUME) {
            continue;
        }
        const gbx_frame_edge *edge = gbx_part_record(part, at);
        if (edge->code != move->code) {
            continue;
        }
        if (edge->frame != move->generator) {
            gbx_finding_event(finding, part->look, at, "another address");
            return gbx_finding_fail(finding, "it is suspended and resumed where it was moved to",
                                    "at another address", NULL);
        }
        if (event == GBX_EV_FRAME_SUSPEND) {
            count->suspended++;
            gbx_finding_event(finding, part->look, at, "suspended there");
        } else {
            count->resumed++;
            gbx_finding_event(finding, part->look, at, "resumed there, by %s", edge->h.flags == 0
                              ? "a new C call of the loop"
                              : gbx_part_opcode(part, edge->h.flags));
        }
    }
    return GBX_PASS;
}

static gbx_verdict
check_generator(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t code;
    if (!gbx_part_find(look, finding, "generator", "begin", &part)
        || !gbx_part_find_code(&part, finding, "count", &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t moved = gbx_part_next(&part, part.begin, GBX_EV_FRAME_GENERATOR, code);
    if (moved == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the frame moves into a generator", "it never does",
                                "the function has no yield");
    }
    turns count = { 0, 0 };
    gbx_finding_event(finding, look, moved, "the frame moves from the data stack into the generator");
    gbx_verdict verdict = judge_place(&part, finding, gbx_part_record(&part, moved));
    if (verdict == GBX_PASS) {
        verdict = follow_generator(&part, finding, moved, &count);
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (count.suspended < 2 || count.resumed != count.suspended + 1
        || gbx_part_count(&part, GBX_EV_FRAME_POP, code) == 0) {
        return gbx_finding_failf(finding, "two values, and then the end",
                                 "nobody asked it for all it has",
                                 "suspended %u times, resumed %u times", count.suspended,
                                 count.resumed);
    }
    gbx_finding_fact(finding, "one frame, suspended %u times and resumed %u times", count.suspended,
                     count.resumed);
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_generator = {
    .id = "1.3g",
    .title = "a generator's frame lives in the generator",
    .sentence = "The frame of a generator moves into the generator object before its first line runs, "
                "and is suspended and resumed there.",
    .experiments = { &gbx_s1_frames },
    .check = check_generator,
    .must_fail = {
        { &gbx_s1_frames, &list_of_numbers, "a function without yield" },
        { &gbx_s1_frames, &asked_once, "nobody asks for the second value" },
    },
    .readings = {
        { "Python/bytecodes.c#RETURN_GENERATOR", "the move" },
        { "Objects/genobject.c#gen_send_ex2", "resumed from C" },
    },
    .prediction = {
        .question = "A generator has yielded and waits. Where is its frame?",
        .choices = {
            { "on the data stack, where the call pushed it", "suspended frames stay on the stack",
              "the caller's next call would overwrite it" },
            { "inside the generator object", NULL, NULL },
            { "nowhere: it is rebuilt when it goes on", "generators replay",
              "it is the same frame, at the same address" },
        },
    },
};
