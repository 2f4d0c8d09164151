/* Claims 1.3a, b and c: where frames are, and how calls move them.

   Experiment: frames.py.  A record has bits 3 to 34 of a frame's address, so that the difference of
   two of them is a distance in words of eight bytes. */

#include "claims.h"
#include "../part.h"

#include <stdio.h>

GBX_EXPERIMENT(gbx_s1_frames, "experiments", "frames", OBJECTS);

static GBX_EXPERIMENT(generators_only, "must-fail", "generators_only", OBJECTS);
static GBX_EXPERIMENT(through_c, "must-fail", "through_c", OBJECTS);
static GBX_EXPERIMENT(dunder, "must-fail", "dunder", OBJECTS);
static GBX_EXPERIMENT(blocks_kept, "must-fail", "blocks_kept", OBJECTS);
static GBX_EXPERIMENT(shallow, "must-fail", "shallow", OBJECTS);
static GBX_EXPERIMENT(still_deep, "must-fail", "still_deep", OBJECTS);

#define MAX_DEPTH        64
#define MAX_FIXED_WORDS  64      /* far more than the fixed part of any frame */

/* The frames that are live in a part, outermost first: pushed there and not yet popped. */
typedef struct {
    const gbx_frame_edge *frames[MAX_DEPTH];
    uint32_t depth;
} live;

/* Take one event into account; false if there are more frames than we follow. */
static bool
live_step(live *stack, const gbx_part *part, size_t at)
{
    uint8_t event = gbx_part_event(part, at);
    if (event == GBX_EV_FRAME_PUSH) {
        if (stack->depth == MAX_DEPTH) {
            return false;
        }
        stack->frames[stack->depth++] = gbx_part_record(part, at);
    } else if (event == GBX_EV_FRAME_POP && stack->depth > 0) {
        stack->depth--;
    }
    return true;
}

/* ------------------------------------------------------- 1.3a: the data stack */

/* What the program says of a function's frame: its words beside the fixed part. */
static bool
words_of(const gbx_look *look, gbx_finding *finding, const gbx_part *part, uint32_t code,
         double *words)
{
    char name[96];
    gbx_part sizes;
    snprintf(name, sizeof(name), "words %s", gbx_part_code_name(part, code));
    if (!gbx_part_find(look, finding, "sizes", "begin", &sizes)) {
        return false;
    }
    return gbx_part_number(&sizes, name, words);
}

typedef struct {
    size_t pair;             /* a push whose frame begins where its caller's ends */
    size_t again;            /* a push at an address that an earlier frame had */
    double words;            /* its caller's locals and stack, in words */
    double fixed;            /* the fixed part of a frame, in words; 0 not known yet */
    uint32_t pairs;
    uint32_t reused;
} stacking;

/* The frame pushed at `at` lies right behind its caller's; the fixed part follows, and is the same
   for all. */
static gbx_verdict
judge_push(const gbx_part *part, gbx_finding *finding, const live *stack, size_t at,
           stacking *seen)
{
    const gbx_frame_edge *callee = gbx_part_record(part, at);
    const gbx_frame_edge *caller = stack->frames[stack->depth - 1];
    double words;
    if (!words_of(part->look, finding, part, caller->code, &words)) {
        return gbx_finding_insufficient(finding, "the program marks no size for the caller");
    }
    double fixed = (double)(callee->frame - caller->frame) - words;
    if (seen->fixed == 0 && fixed > 0 && fixed < MAX_FIXED_WORDS) {
        seen->fixed = fixed;
        seen->words = words;
        seen->pair = at;
    }
    if (fixed != seen->fixed || fixed <= 0) {
        gbx_finding_event(finding, part->look, at, "%u words from its caller's frame",
                          callee->frame - caller->frame);
        return gbx_finding_fail(finding, "each frame begins where its caller's ends",
                                "one lies elsewhere", "the frame belongs to a generator");
    }
    seen->pairs++;
    return GBX_PASS;
}

static gbx_verdict
judge_stack(const gbx_part *part, gbx_finding *finding, stacking *seen)
{
    live stack = { .depth = 0 };
    uint32_t first = 0;
    for (size_t at = part->begin; at < part->end; at++) {
        if (gbx_part_event(part, at) == GBX_EV_FRAME_PUSH) {
            const gbx_frame_edge *push = gbx_part_record(part, at);
            if (stack.depth == 0) {
                seen->reused += push->frame == first;
                seen->again = push->frame == first ? at : seen->again;
                first = push->frame;
            } else {
                gbx_verdict verdict = judge_push(part, finding, &stack, at, seen);
                if (verdict != GBX_PASS) {
                    return verdict;
                }
            }
        }
        if (!live_step(&stack, part, at)) {
            return gbx_finding_insufficient(finding, "more than %d frames", MAX_DEPTH);
        }
    }
    return GBX_PASS;
}

static gbx_verdict
check_data_stack(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, blocks;
    stacking seen = { .pair = GBX_NO_EVENT, .again = GBX_NO_EVENT };
    double count, all;
    if (!gbx_part_find(look, finding, "stack", "begin", &part)
        || !gbx_part_find(look, finding, "blocks", "begin", &blocks)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_part_number(&blocks, "new blocks", &count)
        || !gbx_part_number(&blocks, "blocks", &all) || !(all > 0)) {
        return gbx_finding_insufficient(finding, "the allocator does not count its blocks");
    }
    size_t moved = gbx_part_next(&part, part.begin, GBX_EV_FRAME_GENERATOR, 0);
    if (moved != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, moved, "this frame leaves the data stack");
        return gbx_finding_fail(finding, "each frame stays on the data stack", "one does not",
                                "the function is a generator");
    }
    gbx_verdict verdict = judge_stack(&part, finding, &seen);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (seen.pairs == 0 || seen.reused == 0) {
        return gbx_finding_fail(finding, "nested calls, and one after another",
                                "there is none in this part", NULL);
    }
    if (count != 0) {
        return gbx_finding_failf(finding, "no new block of memory in thirty nested calls",
                                 "the function allocates something itself", "%.0f blocks", count);
    }
    gbx_finding_event(finding, look, seen.pair, "begins %.0f words after its caller: %.0f for the caller's "
                      "locals and stack, %.0f fixed", seen.words + seen.fixed, seen.words, seen.fixed);
    gbx_finding_event(finding, look, seen.again, "at the address of the call before it");
    gbx_finding_fact(finding, "%u nested pushes, each right behind its caller", seen.pairs);
    gbx_finding_fact(finding, "the allocator counted no new block in thirty nested calls");
    gbx_finding_number(finding, "fixed part of a frame", seen.fixed * 8, "bytes");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s1_data_stack = {
    .id = "1.3a",
    .title = "pushed without an allocation",
    .sentence = "A call pushes its frame on the thread's data stack, right behind its caller's, and "
                "allocates nothing; the next call gets the same place.",
    .experiments = { &gbx_s1_frames },
    .check = check_data_stack,
    .must_fail = {
        { &gbx_s1_frames, &generators_only, "a generator's frame leaves the data stack" },
        { &gbx_s1_frames, &blocks_kept, "each call keeps a list, which is not part of the frame" },
    },
    .readings = {
        { "Include/internal/pycore_frame.h#_PyFrame_PushUnchecked", "an addition, and a few stores" },
        { "Python/pystate.c#_PyThreadState_PopFrame", "the way back: a subtraction" },
    },
    .prediction = {
        .question = "f calls g. Where is the frame of g?",
        .choices = {
            { "right behind the frame of f, in memory that the thread already has", NULL, NULL },
            { "in a new block from the allocator", "every call allocates a frame",
              "that was so before 3.11" },
            { "on the C stack", "Python calls are C calls",
              "the loop does not call itself for a Python call" },
        },
    },
};

/* --------------------------------------------------------- 1.3b: one C frame */

/* The pushes of one function (0: any) by how they came, and the last of each. */
typedef struct {
    uint32_t inlined, anew;
    size_t inlined_at, anew_at;      /* GBX_NO_EVENT: none */
} entries;

static entries
count_entries(const gbx_part *part, uint32_t code)
{
    entries seen = { 0, 0, GBX_NO_EVENT, GBX_NO_EVENT };
    for (size_t at = part->begin;
         (at = gbx_part_next(part, at, GBX_EV_FRAME_PUSH, code)) != GBX_NO_EVENT; at++) {
        const gbx_frame_edge *push = gbx_part_record(part, at);
        if (push->h.flags == 0) {
            seen.anew++;
            seen.anew_at = at;
        } else {
            seen.inlined++;
            seen.inlined_at = at;
        }
    }
    return seen;
}

static gbx_verdict
check_one_c_frame(const gbx_look *look, gbx_finding *finding)
{
    gbx_part python, c;
    uint32_t leaf;
    if (!gbx_part_find(look, finding, "inline", "begin", &python)
        || !gbx_part_find(look, finding, "through C", "begin", &c)
        || !gbx_part_find_code(&c, finding, "leaf", &leaf)) {
        return GBX_INSUFFICIENT;
    }
    entries nested = count_entries(&python, 0), called = count_entries(&c, leaf);
    if (nested.inlined < 2 || nested.anew != 0) {
        if (nested.anew != 0) {
            gbx_finding_event(finding, look, nested.anew_at, "a new C call of the loop");
        }
        return gbx_finding_failf(finding, "no call of the loop for any nested Python call",
                                 "a C function stands between caller and callee",
                                 "%u of %u calls entered it anew", nested.anew,
                                 nested.inlined + nested.anew);
    }
    const gbx_frame_edge *push = gbx_part_record(&python, nested.inlined_at);
    gbx_finding_event(finding, look, nested.inlined_at, "pushed by %s, within the same C frame",
                      gbx_part_opcode(&python, push->h.flags));
    gbx_finding_fact(finding, "%u Python calls, no new call of the loop", nested.inlined);
    if (called.anew == 0 || called.inlined != 0) {
        return gbx_finding_failf(finding, "a call through sorted() enters the loop anew", NULL,
                                 "%u inlined, %u anew", called.inlined, called.anew);
    }
    gbx_finding_event(finding, look, called.anew_at, "called by sorted(): a new C call of the loop");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s1_one_c_frame = {
    .id = "1.3b",
    .title = "many Python frames, one C frame",
    .sentence = "Python that calls Python stays in one call of the interpreter loop; Python called "
                "through C enters the loop anew.",
    .experiments = { &gbx_s1_frames },
    .check = check_one_c_frame,
    .must_fail = {
        { &gbx_s1_frames, &through_c, "map() stands between caller and callee" },
        { &gbx_s1_frames, &dunder, "an operator's method is called by C" },
    },
    .readings = {
        { "Python/bytecodes.c#_PUSH_FRAME", "the callee becomes the current frame" },
        { "Python/ceval.c#_PyEval_Vector", "how C calls a Python function" },
    },
    .prediction = {
        .question = "Ten Python functions call each other in a row. How many C calls of the "
                    "interpreter loop does that add?",
        .choices = {
            { "none", NULL, NULL },
            { "one for each", "Python calls are C calls", "that was so before 3.11" },
            { "one for all ten", "a batch of calls", "the loop that is running goes on" },
        },
    },
};

/* ------------------------------------------------------------- 1.3c: chunks */

/* Whether a frame's address (bits 3..34 of it) lies in a chunk. */
static bool
lies_in(const gbx_frame_chunk *chunk, const gbx_frame_edge *push)
{
    uint32_t start = (uint32_t)(chunk->address >> 3);
    return push->frame - start < chunk->size >> 3;
}

/* What happened to one chunk. */
typedef struct {
    size_t taken;
    size_t pushed;           /* the frame that did not fit elsewhere, and was pushed there */
    size_t popped;           /* the last return before the chunk was given back */
    size_t given;            /* GBX_NO_EVENT: not at all */
} chunk_life;

static chunk_life
follow_chunk(const gbx_part *part, size_t taken)
{
    chunk_life life = { taken, gbx_part_next(part, taken, GBX_EV_FRAME_PUSH, 0), GBX_NO_EVENT, taken };
    const gbx_frame_chunk *chunk = gbx_part_record(part, taken);
    const gbx_frame_chunk *freed;
    do {
        life.given = gbx_part_next(part, life.given + 1, GBX_EV_FRAME_CHUNK_FREE, 0);
        freed = life.given == GBX_NO_EVENT ? NULL : gbx_part_record(part, life.given);
    } while (freed != NULL && freed->address != chunk->address);
    for (size_t at = freed == NULL ? taken : life.given; at-- > taken;) {
        if (gbx_part_event(part, at) == GBX_EV_FRAME_POP) {
            life.popped = at;
            break;
        }
    }
    return life;
}

static gbx_verdict
judge_chunk(const gbx_part *part, gbx_finding *finding, const chunk_life *life)
{
    const gbx_frame_chunk *chunk = gbx_part_record(part, life->taken);
    const gbx_frame_edge *push =
        life->pushed == GBX_NO_EVENT ? NULL : gbx_part_record(part, life->pushed);
    if (push == NULL || !lies_in(chunk, push)) {
        gbx_finding_event(finding, part->look, life->taken, "the next frame is not in it");
        return gbx_finding_fail(finding, "the frame that did not fit is pushed there",
                                "it is elsewhere", NULL);
    }
    const gbx_frame_edge *pop =
        life->popped == GBX_NO_EVENT ? NULL : gbx_part_record(part, life->popped);
    if (life->given == GBX_NO_EVENT || pop == NULL || pop->frame != push->frame) {
        gbx_finding_event(finding, part->look, life->pushed, "the first frame in the new chunk");
        return gbx_finding_fail(finding, "the chunk is given back when its first frame returns",
                                life->given == GBX_NO_EVENT ? "it is kept" : "at another time",
                                "the frames in it have not returned");
    }
    return GBX_PASS;
}

static gbx_verdict
check_chunks(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t taken = 0, code;
    if (!gbx_part_find(look, finding, "deep", "begin", &part)
        || !gbx_part_find_code(&part, finding, "deep", &code)) {
        return GBX_INSUFFICIENT;
    }
    chunk_life first = { .taken = GBX_NO_EVENT };
    size_t at = part.begin;
    while ((at = gbx_part_next(&part, at, GBX_EV_FRAME_CHUNK_NEW, 0)) != GBX_NO_EVENT) {
        chunk_life life = follow_chunk(&part, at);
        gbx_verdict verdict = judge_chunk(&part, finding, &life);
        if (verdict != GBX_PASS) {
            return verdict;
        }
        first = taken++ == 0 ? life : first;
        at++;
    }
    uint32_t calls = gbx_part_count(&part, GBX_EV_FRAME_PUSH, code);
    if (taken == 0) {
        return gbx_finding_failf(finding, "new chunks on the way down, given back on the way up",
                                 "so few frames fit into one chunk", "%u calls, and no new chunk",
                                 calls);
    }
    const gbx_frame_chunk *chunk = gbx_part_record(&part, first.taken);
    gbx_part above = gbx_part_cut(&part, part.begin, first.taken);
    gbx_finding_event(finding, look, first.taken, "after %u calls a frame does not fit: a new chunk",
                      gbx_part_count(&above, GBX_EV_FRAME_PUSH, code));
    gbx_finding_event(finding, look, first.pushed, "the first frame in it");
    gbx_finding_event(finding, look, first.popped, "that frame returns");
    gbx_finding_event(finding, look, first.given, "and the chunk is given back");
    gbx_finding_number(finding, "calls", calls, "");
    gbx_finding_number(finding, "new chunks", taken, "");
    gbx_finding_number(finding, "a chunk", chunk->size, "bytes");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_chunks = {
    .id = "1.3c",
    .title = "the data stack grows",
    .sentence = "When a frame does not fit, the data stack gets a new chunk; it is given back when "
                "the frame at its start returns.",
    .experiments = { &gbx_s1_frames },
    .check = check_chunks,
    .must_fail = {
        { &gbx_s1_frames, &shallow, "twenty frames fit into one chunk" },
        { &gbx_s1_frames, &still_deep, "the frames in the chunk have not returned" },
    },
    .readings = {
        { "Python/pystate.c#push_chunk", "the size, and the link to the chunk before" },
    },
    .prediction = {
        .question = "deep(400) calls itself 400 times. What happens to the thread's data stack?",
        .choices = {
            { "nothing: it was made for the recursion limit", "the stack has a fixed size",
              "the limit counts calls, the stack counts bytes" },
            { "it grows by a few chunks, and shrinks on the way back", NULL, NULL },
            { "it is copied to a larger block", "stacks grow like lists",
              "frames point to each other, and must not move" },
        },
    },
};
