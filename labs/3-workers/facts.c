/* Lab 3: did the learner's workers end the convoy, and did they work meanwhile?

   A wait for the lock that lasts a switch interval is an event of the one who waits (gil.timeout): so a convoy is
   counted, and hardly timed.  That somebody works is told by the calls of load.py's functions, in whatever thread,
   interpreter or process. */

#include "workers.h"

#include <stdio.h>
#include <string.h>

#define FEW       10u            /* in one of so many turns a wait is forgiven: the machine has other things to do */
#define FIFTH     5u             /* of what the given convoy waited */
#define SLACK_NS  1000000u
#define ANSWER_NS 1e6            /* that an answer takes */
#define PIECES    1u             /* of each of two workers, while the harness talks */

unsigned
gbx_workers_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 && value < 1 << 20 ? (unsigned)value : 0;
}

bool
gbx_workers_window_find(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_workers_window *window)
{
    char begin[64];
    snprintf(begin, sizeof(begin), "%s begin", name);
    if (!gbx_part_find(look->look, finding, "part", begin, &window->part)) {
        return false;
    }
    const gbx_trace *trace = look->look->trace;
    size_t last = window->part.end > window->part.begin ? window->part.end - 1 : window->part.begin;
    window->begin_ns = gbx_trace_where(trace, window->part.begin).t_ns;
    window->end_ns = gbx_trace_where(trace, last).t_ns;
    return true;
}

/* The file of the harness's own load.py: that of the first function of this name which ran. */
static const char *
file_of_load(const gbx_lab_look *look, const char *function)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        if (gbx_trace_event(trace, at) == GBX_EV_FRAME_PUSH) {
            const gbx_frame_edge *push = (const gbx_frame_edge *)(const void *)gbx_trace_record(trace, at);
            const gbx_code_info *info = gbx_trace_code(trace, gbx_trace_where(trace, at).process, push->code);
            if (info != NULL && strcmp(info->name, function) == 0) {
                return info->file == NULL ? "" : info->file;
            }
        }
    }
    return "";
}

bool
gbx_workers_is_load(const gbx_lab_look *look, uint32_t process, uint32_t code, const char *function)
{
    const gbx_code_info *info = gbx_trace_code(look->look->trace, process, code);
    return info != NULL && info->file != NULL && strcmp(info->name, function) == 0
           && strstr(info->file, "load.py") != NULL;
}

size_t
gbx_workers_calls(const gbx_lab_look *look, const gbx_workers_window *window, const char *function,
                  gbx_workers_call *calls)
{
    const gbx_trace *trace = look->look->trace;
    const char *file = file_of_load(look, function);
    size_t count = 0;
    gbx_cursor now;
    for (bool more = gbx_trace_seek(trace, window->part.begin, &now); more; more = gbx_trace_next(&now)) {
        uint8_t event = now.entry.record->event;
        if (event != GBX_EV_FRAME_PUSH && event != GBX_EV_FRAME_POP) {
            continue;
        }
        const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)now.entry.record;
        gbx_where where = gbx_entry_where(trace, &now.entry);
        const gbx_code_info *info = gbx_trace_code(trace, where.process, edge->code);
        if (info == NULL || info->file == NULL || strcmp(info->name, function) != 0 || strcmp(info->file, file) != 0) {
            continue;
        }
        if (event == GBX_EV_FRAME_PUSH && where.t_ns < window->end_ns && count < GBX_WORKERS_CALLS) {
            calls[count++] = (gbx_workers_call){ where.stream, where.process, where.interp, where.t_ns,
                                                 window->end_ns, now.at };
        }
        for (size_t i = count; event == GBX_EV_FRAME_POP && i-- > 0;) {
            if (calls[i].stream == where.stream) {
                calls[i].end_ns = where.t_ns < window->end_ns ? where.t_ns : window->end_ns;
                break;
            }
        }
    }
    return count;
}

/* -------------------------------------------------------------------------- crunched */

/* In how many of the turns with a short interval the one who talks waited that long: the answer to a prediction. */
static void
observe_shorter(const gbx_lab_look *look, gbx_finding *finding)
{
    gbx_workers_window window;
    unsigned turns = gbx_workers_number(look->variant, "turns");
    if (!gbx_workers_window_find(look, finding, "shorter", &window)) {
        return;
    }
    uint32_t waits = gbx_part_count(&window.part, GBX_EV_GIL_TIMEOUT, 0);
    size_t first = gbx_part_next(&window.part, window.part.begin, GBX_EV_GIL_TIMEOUT, 0);
    if (first != GBX_NO_EVENT) {
        gbx_finding_refute(finding, look->look, first, "a tenth of the interval, and it waits that long all the same");
    }
    gbx_finding_number(finding, "waits of a short interval", waits, "");
    gbx_finding_observe(finding, waits * 2 >= turns ? 2 : waits > 0 ? 1 : 0);
}

static gbx_verdict
check_crunched(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_workers_call calls[GBX_WORKERS_CALLS];
    gbx_workers_window begin, finish;
    (void)share;
    const json_t *expected = json_object_get(look->expected, "crunched");
    if (!gbx_workers_window_find(look, finding, "begin", &begin)
        || !gbx_workers_window_find(look, finding, "finish", &finish) || expected == NULL) {
        return GBX_INSUFFICIENT;
    }
    observe_shorter(look, finding);
    if (!json_equal(json_object_get(look->observed, "crunched"), expected)) {
        return gbx_finding_fail(finding, "finish() gives a list: the result of each job, in order", "something else", NULL);
    }
    unsigned wanted = 2 * gbx_workers_number(look->variant, "pieces");
    gbx_workers_window all = begin;
    all.end_ns = finish.end_ns;
    size_t done = gbx_workers_calls(look, &all, "piece", calls);
    if (done < wanted) {
        return gbx_finding_failf(finding, "load.piece() works out every piece, where it is recorded",
                                 "a process that begins from nothing (spawn) records nothing; use fork",
                                 "%zu of %u pieces", done, wanted);
    }
    return GBX_PASS;
}

/* ---------------------------------------------------------------------------- convoy */

/* What the one who talks met in a window. */
typedef struct {
    uint32_t turns;              /* it let go of the lock to wait for an answer */
    uint32_t timeouts;           /* it waited for the lock for a switch interval */
    uint64_t waits_ns;           /* it waited for the lock, and somebody else had had it meanwhile */
} meeting;

static meeting
look_at(const gbx_workers_window *window)
{
    const gbx_part *part = &window->part;
    uint32_t own = gbx_trace_stream(part->trace, part->stream)->thread;
    uint64_t wanted_ns = 0;
    meeting seen = { 0, 0, 0 };
    for (size_t at = part->begin; at < part->end; at++) {
        const void *record = gbx_part_record(part, at);
        switch (gbx_part_event(part, at)) {
        case GBX_EV_GIL_RELEASE:
            seen.turns += ((const gbx_gil_release *)record)->h.flags == GBX_RELEASE_BLOCKING;
            break;
        case GBX_EV_GIL_REQUEST:
            wanted_ns = gbx_trace_where(part->trace, at).t_ns;
            break;
        case GBX_EV_GIL_TIMEOUT:
            seen.timeouts++;
            break;
        case GBX_EV_GIL_ACQUIRE:
            if (((const gbx_gil_acquire *)record)->from != own && wanted_ns != 0) {
                seen.waits_ns += gbx_trace_where(part->trace, at).t_ns - wanted_ns;
            }
            wanted_ns = 0;
            break;
        default:
            break;
        }
    }
    return seen;
}

/* How much longer it takes behind a thread, beside the milliseconds that it waits for answers: the answer to a
   prediction.  Of the waits for the lock alone, since a busy machine makes everything longer. */
static void
observe_given(const gbx_lab_look *look, gbx_finding *finding, const gbx_workers_window *given, const meeting *before)
{
    unsigned turns = gbx_workers_number(look->variant, "turns");
    double times = turns == 0 ? 0 : 1 + (double)before->waits_ns / (turns * ANSWER_NS);
    size_t first = gbx_part_next(&given->part, given->part.begin, GBX_EV_GIL_TIMEOUT, 0);
    if (first != GBX_NO_EVENT) {
        gbx_finding_refute(finding, look->look, first, "the convoy as it was given: a turn, and a switch interval");
    }
    gbx_finding_number(finding, "as long as alone, behind a thread", times, "times");
    gbx_finding_observe(finding, times >= 3 ? 2 : times >= 1.5 ? 1 : 0);
}

static gbx_verdict
judge_talk(const gbx_lab_look *look, gbx_finding *finding, const gbx_workers_window *talk, const meeting *now,
           const meeting *before)
{
    unsigned turns = gbx_workers_number(look->variant, "turns");
    uint32_t forgiven = turns / FEW > 2 ? turns / FEW : 2;
    gbx_finding_number(finding, "waits of a switch interval, as given", before->timeouts, "");
    gbx_finding_number(finding, "waits of a switch interval, now", now->timeouts, "");
    gbx_finding_number(finding, "waited for the lock, as given", (double)before->waits_ns / 1e6, "ms");
    gbx_finding_number(finding, "waited for the lock, now", (double)now->waits_ns / 1e6, "ms");
    if (now->turns < turns) {
        return gbx_finding_fail(finding, "talk() lets go of the lock in every turn, to wait for an answer",
                                "it did so less often", "something that talk() uses was replaced");
    }
    if (now->timeouts > forgiven) {
        size_t first = gbx_part_next(&talk->part, talk->part.begin, GBX_EV_GIL_TIMEOUT, 0);
        gbx_finding_event(finding, look->look, first, "a switch interval later the lock is still somebody else's");
        return gbx_finding_fail(finding, "the lock is free when talk() wants it back, save once or twice",
                                "it waits for a switch interval again and again",
                                "somebody computes in the same interpreter");
    }
    if (now->waits_ns > before->waits_ns / FIFTH + SLACK_NS) {
        return gbx_finding_fail(finding, "it waits for the lock a fifth as long as in the given convoy, at most", "longer",
                                "it waits, and does not ask: is the switch interval changed?");
    }
    return GBX_PASS;
}

static gbx_verdict
check_convoy(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_workers_window given, talk;
    (void)share;
    if (!gbx_workers_window_find(look, finding, "given", &given) || !gbx_workers_window_find(look, finding, "talk", &talk)) {
        return GBX_INSUFFICIENT;
    }
    meeting before = look_at(&given), now = look_at(&talk);
    observe_given(look, finding, &given, &before);
    return judge_talk(look, finding, &talk, &now, &before);
}

/* --------------------------------------------------------------------------- at work */

static gbx_verdict
check_at_work(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_workers_call calls[GBX_WORKERS_CALLS];
    gbx_workers_window begin, talk, meanwhile;
    if (!gbx_workers_window_find(look, finding, "begin", &begin) || !gbx_workers_window_find(look, finding, "talk", &talk)
        || !gbx_workers_window_find(look, finding, "meanwhile", &meanwhile)) {
        return GBX_INSUFFICIENT;
    }
    gbx_workers_window both = begin;
    both.end_ns = meanwhile.end_ns;
    size_t all = gbx_workers_calls(look, &both, "piece", calls), count = 0;
    for (size_t i = 0; i < all; i++) {
        if (calls[i].end_ns > talk.begin_ns && calls[i].stream != talk.part.stream) {
            calls[count++] = calls[i];
        }
    }
    unsigned workers = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned before = 0, of_this = 0;
        for (size_t k = 0; k < count; k++) {
            before += k < i && calls[k].stream == calls[i].stream;
            of_this += calls[k].stream == calls[i].stream;
        }
        if (before == 0 && of_this >= PIECES) {
            workers++;
            gbx_finding_event(finding, look->look, calls[i].at, "a worker is at this piece while the harness talks");
        }
    }
    gbx_finding_number(finding, "pieces worked on meanwhile", (double)count, "");
    if (workers < 2) {
        *share = workers == 1 ? 0.5 : 0;
        return gbx_finding_fail(finding, "two workers crunch while the harness talks", workers == 1 ? "one does" : "none does",
                                "begin() returns when all is done, or finish() does all of it");
    }
    return GBX_PASS;
}

static const gbx_fact_code facts[] = {
    { "crunched", check_crunched },
    { "convoy", check_convoy },
    { "at_work", check_at_work },
    { "served", gbx_workers_served },
    { "side_by_side", gbx_workers_side_by_side },
    { "kinds", gbx_workers_kinds },
    { "reason", gbx_workers_reason },
    { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "patience", gbx_workers_patience },
    { "time_slice", gbx_workers_time_slice },
    { "busy_machine", gbx_workers_busy_machine },
    { "own_lock", gbx_workers_own_lock },
    { "short_interval", gbx_workers_short_interval },
    { "lets_go", gbx_workers_lets_go },
    { NULL, NULL },
};

const gbx_lab_code gbx_lab_3 = { .number = 3, .facts = facts, .mechanisms = mechanisms };
