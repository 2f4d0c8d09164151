/* Lab 3: were the two loads served side by side, by the right kind of worker, for the reason that was given?

   What a load is like, its variant says: so long a request waits, so long it computes by its thread's own clock.  Two work side
   by side where both compute, each with a lock, or both wait without one: whichever the load mostly does.  Threads of one
   interpreter never compute at once, and one after the other never waits at once, however busy the machine is; so a
   verdict does not rest on how fast anything was. */

#include "workers.h"

#include "../../stations/3-gil/spans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE  0.2           /* of a share: a busy machine computes longer */
#define NS_PER_MS  1000000u

static const char *const loads[] = { "north", "south" };

/* ----------------------------------------------------------------------------- served */

gbx_verdict
gbx_workers_served(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    (void)share;
    const json_t *expected = json_object_get(look->expected, "served");
    if (expected == NULL) {
        return gbx_finding_insufficient(finding, "nothing to compare with");
    }
    for (size_t i = 0; i < GBX_COUNT(loads); i++) {
        if (!json_equal(json_object_get(look->observed, loads[i]), expected)) {
            char actual[64];
            snprintf(actual, sizeof(actual), "serve_%s() gives something else", loads[i]);
            return gbx_finding_fail(finding, "a list: the answer to each request, in the order of the requests", actual, NULL);
        }
    }
    return GBX_PASS;
}

/* ----------------------------------------------------------------------- side by side */

/* Somebody begins (+1) or ends (-1) to be at work. */
typedef struct {
    uint64_t t_ns;
    int step;
} change;

static int
compare_changes(const void *a, const void *b)
{
    const change *left = a, *right = b;
    return left->t_ns != right->t_ns ? (left->t_ns > right->t_ns) - (left->t_ns < right->t_ns) : left->step - right->step;
}

/* When who serves is in a lane: pieces of it inside calls.  How many; *out is to be freed; SIZE_MAX without memory. */
static size_t
find_changes(const gbx_spans *spans, gbx_lane lane, const gbx_workers_call *calls, size_t count, change **out)
{
    size_t used = 0, room = 256;
    *out = malloc(room * sizeof(**out));
    for (size_t i = 0; *out != NULL && i < spans->count; i++) {
        const gbx_span_of_lane *span = &spans->items[i];
        for (size_t k = 0; span->lane == lane && k < count; k++) {
            uint64_t begin = span->begin_ns > calls[k].begin_ns ? span->begin_ns : calls[k].begin_ns;
            uint64_t end = span->end_ns < calls[k].end_ns ? span->end_ns : calls[k].end_ns;
            if (span->stream != calls[k].stream || begin >= end) {
                continue;
            }
            if (used + 2 > room) {
                change *more = realloc(*out, 2 * room * sizeof(**out));
                if (more == NULL) {
                    free(*out);
                    *out = NULL;
                    break;
                }
                *out = more;
                room *= 2;
            }
            (*out)[used++] = (change){ begin, 1 };
            (*out)[used++] = (change){ end, -1 };
        }
        if (*out == NULL) {
            break;
        }
    }
    return *out == NULL ? SIZE_MAX : used;
}

/* Time in which two or more who serve were in that lane; false without memory. */
static bool
overlap(const gbx_spans *spans, gbx_lane lane, const gbx_workers_call *calls, size_t count, uint64_t *two)
{
    change *changes;
    size_t used = find_changes(spans, lane, calls, count, &changes);
    *two = 0;
    if (used == SIZE_MAX) {
        return false;
    }
    qsort(changes, used, sizeof(*changes), compare_changes);
    int now = 0;
    for (size_t i = 0; i + 1 < used; i++) {
        now += changes[i].step;
        *two += now >= 2 ? changes[i + 1].t_ns - changes[i].t_ns : 0;
    }
    free(changes);
    return true;
}

/* What a request of this load does, by the student's variant: "18+3" is the north, and the south the other way round. */
typedef struct {
    unsigned wait_ms, compute_ms;
} mix;

static mix
mix_of(const gbx_lab_look *look, const char *load)
{
    const char *text = json_string_value(json_object_get(look->variant, "north"));
    const char *plus = text == NULL ? NULL : strchr(text, '+');
    unsigned first = text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10) % 1000;
    unsigned second = plus == NULL ? 0 : (unsigned)strtoul(plus + 1, NULL, 10) % 1000;
    return strcmp(load, "north") == 0 ? (mix){ first, second } : (mix){ second, first };
}

static double
share_of(mix it)
{
    return it.wait_ms + it.compute_ms == 0 ? 0 : it.wait_ms / (double)(it.wait_ms + it.compute_ms);
}

/* Both loads have been asked about: `good` says of how many what was asked holds. */
static gbx_verdict
conclude(unsigned good, double *share)
{
    *share = good / (double)GBX_COUNT(loads);
    return good == GBX_COUNT(loads) ? GBX_PASS : GBX_FAIL;
}

static bool
find_served(const gbx_lab_look *look, gbx_finding *finding, const char *load, gbx_workers_window *window)
{
    char name[32];
    snprintf(name, sizeof(name), "%s served", load);
    return gbx_workers_window_find(look, finding, name, window);
}

static bool
judge_overlap(const gbx_lab_look *look, gbx_finding *finding, const char *load, const gbx_spans *spans,
              const gbx_workers_window *window)
{
    gbx_workers_call calls[GBX_WORKERS_CALLS];
    char expected[112], actual[96], number[64];
    uint64_t two;
    unsigned wanted = gbx_workers_number(look->variant, "requests");
    size_t count = gbx_workers_calls(look, window, "serve", calls);
    mix it = mix_of(look, load);
    bool waits = it.wait_ms > it.compute_ms;
    unsigned least_ms = waits ? it.wait_ms : it.compute_ms;
    if (count < wanted) {
        snprintf(expected, sizeof(expected), "%s: load.serve() serves every request, where it is recorded", load);
        snprintf(actual, sizeof(actual), "%zu of %u", count, wanted);
        gbx_finding_fail(finding, expected, actual, "a process that begins from nothing (spawn) records nothing; use fork");
        return false;
    }
    if (!overlap(spans, waits ? GBX_LANE_OUTSIDE : GBX_LANE_HOLDS, calls, count, &two)) {
        return false;
    }
    snprintf(number, sizeof(number), "%s: two at once", load);
    gbx_finding_number(finding, number, (double)two / 1e6, "ms");
    gbx_finding_event(finding, look->look, calls[0].at, "%s: the first request", load);
    if (two >= (uint64_t)least_ms * NS_PER_MS) {
        return true;
    }
    snprintf(expected, sizeof(expected), "%s: two requests %s at once, for %u ms in all at least", load,
             waits ? "wait" : "compute", least_ms);
    gbx_finding_fail(finding, expected, two == 0 ? "never" : "less",
                     waits ? "one after the other" : "one after the other, or by turns: with one lock nobody computes at once");
    return false;
}

gbx_verdict
gbx_workers_side_by_side(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_spans spans = { 0 };
    gbx_workers_window window;
    unsigned good = 0;
    bool known = gbx_spans_read(&spans, look->look, finding);
    for (size_t i = 0; known && i < GBX_COUNT(loads); i++) {
        known = find_served(look, finding, loads[i], &window);
        good += known && judge_overlap(look, finding, loads[i], &spans, &window);
    }
    gbx_spans_clear(&spans);
    return known ? conclude(good, share) : GBX_INSUFFICIENT;
}

/* --------------------------------------------------------------------- reason and kind */

/* The share of time that one alone was without the lock in this run, serving this load; negative: not known. */
static double
measured_share(const gbx_lab_look *look, gbx_finding *finding, const gbx_spans *spans, const char *load)
{
    char name[32];
    gbx_workers_window window;
    snprintf(name, sizeof(name), "%s alone", load);
    if (!gbx_workers_window_find(look, finding, name, &window)) {
        return -1;
    }
    const gbx_window of = { window.part.begin, window.part.end, window.begin_ns, window.end_ns, window.part.stream };
    gbx_spans_of lanes = { .lanes = GBX_SPANS_OUTSIDE, .one_stream = true, .stream = window.part.stream };
    uint64_t outside = gbx_spans_time(spans, &of, &lanes);
    lanes.lanes = GBX_SPANS_OUTSIDE | GBX_SPANS_HOLDS | GBX_SPANS_WAITS;
    uint64_t all = gbx_spans_time(spans, &of, &lanes);
    return all == 0 ? -1 : (double)outside / (double)all;
}

gbx_verdict
gbx_workers_reason(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_spans spans = { 0 };
    unsigned good = 0;
    bool known = gbx_spans_read(&spans, look->look, finding);
    for (size_t i = 0; known && i < GBX_COUNT(loads); i++) {
        char text[112];
        double measured = measured_share(look, finding, &spans, loads[i]), idle = share_of(mix_of(look, loads[i]));
        const json_t *said = json_object_get(json_object_get(look->answers, loads[i]), "share");
        known = measured >= 0;
        snprintf(text, sizeof(text), "%s: time without the lock", loads[i]);
        gbx_finding_number(finding, text, 100 * measured, "%");
        bool right = known && json_is_number(said) && fabs(json_number_value(said) - idle) <= TOLERANCE;
        good += right;
        if (known && !right) {
            snprintf(text, sizeof(text), "%s: the share of time without the lock, as measured where nothing else runs, "
                     "give or take %.1f", loads[i], TOLERANCE);
            gbx_finding_fail(finding, text, json_is_number(said) ? "another number" : "no number in answers.toml",
                             "measure load.serve alone: glassbox gil has it as the columns holds and outside");
        }
    }
    gbx_spans_clear(&spans);
    return known ? conclude(good, share) : GBX_INSUFFICIENT;
}

/* What served the calls: "thread", "interpreter", "process", "nobody else" or "several kinds". */
static const char *
kind_of(const gbx_workers_call *calls, size_t count, const gbx_workers_window *window, uint32_t own_interp)
{
    const char *kind = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *one = calls[i].process != window->part.process ? "process"
                          : calls[i].interp != own_interp           ? "interpreter"
                          : calls[i].stream != window->part.stream  ? "thread"
                                                                    : "nobody else";
        if (kind != NULL && strcmp(kind, one) != 0) {
            return "several kinds";
        }
        kind = one;
    }
    return kind == NULL ? "nobody" : kind;
}

static bool
judge_kind(const gbx_lab_look *look, gbx_finding *finding, const char *load, const gbx_workers_window *window)
{
    gbx_workers_call calls[GBX_WORKERS_CALLS];
    char expected[128];
    size_t count = gbx_workers_calls(look, window, "serve", calls);
    uint32_t own = gbx_trace_where(look->look->trace, window->part.begin).interp;
    const char *kind = kind_of(calls, count, window, own);
    const char *said = json_string_value(json_object_get(json_object_get(look->answers, load), "kind"));
    bool threads = share_of(mix_of(look, load)) >= 0.5;
    bool right = threads ? strcmp(kind, "thread") == 0
                         : strcmp(kind, "interpreter") == 0 || strcmp(kind, "process") == 0;
    if (count > 0) {
        gbx_finding_event(finding, look->look, calls[0].at, "%s: served by: %s", load, kind);
    }
    if (!right) {
        snprintf(expected, sizeof(expected), "%s: the cheapest kind of worker that can work side by side there", load);
        gbx_finding_fail(finding, expected, kind,
                         threads ? "most of the time it is without the lock: threads will do"
                                 : "most of the time it needs the lock: each worker needs one of its own");
        return false;
    }
    if (said == NULL || strcmp(said, kind) != 0) {
        snprintf(expected, sizeof(expected), "%s: answers.toml names the kind that ran: %s", load, kind);
        gbx_finding_fail(finding, expected, said == NULL ? "nothing" : "another one", NULL);
        return false;
    }
    return true;
}

gbx_verdict
gbx_workers_kinds(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_workers_window window;
    unsigned good = 0;
    for (size_t i = 0; i < GBX_COUNT(loads); i++) {
        if (!find_served(look, finding, loads[i], &window)) {
            return GBX_INSUFFICIENT;
        }
        good += judge_kind(look, finding, loads[i], &window);
    }
    return conclude(good, share);
}
