/* Claims 3.4a and d: how the lock changes hands, and that it never has two holders.

   Experiments: hand_off.py and eight.py, threads that never stop computing. */

#include "claims.h"
#include "spans.h"
#include "../part.h"
#include "trace.h"

#include <stdio.h>

static GBX_EXPERIMENT_ON(hand_off, "experiments", "hand_off", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(patient, "must-fail", "patient", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(polite, "must-fail", "polite", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(eight, "experiments", "eight", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(many_locks, "must-fail", "many_locks", LOCK, GBX_ON_GIL);

#define NS_PER_US  1000u

/* ---------------------------------------------------------------- 3.4a: the chain */

/* Positions of one hand-off that was asked for; GBX_NO_EVENT where it has no such link. */
typedef struct {
    size_t request, timeout, drop, seen, release, acquire, forced;
    uint64_t waited_ns;
    uint32_t interval_us;
} chain;

/* The next event of a kind and thread in a window, or the last one before `at`. */
static size_t
next_of(const gbx_trace *trace, size_t at, size_t end, uint8_t event, uint32_t stream)
{
    for (; at < end; at++) {
        if (gbx_trace_event(trace, at) == event && gbx_trace_where(trace, at).stream == stream) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

static size_t
last_of(const gbx_trace *trace, size_t at, size_t begin, uint8_t event, uint32_t stream)
{
    while (at-- > begin) {
        if (gbx_trace_event(trace, at) == event && gbx_trace_where(trace, at).stream == stream) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

static uint32_t
stream_of_thread(const gbx_trace *trace, uint32_t process, uint32_t thread)
{
    for (size_t i = 0; i < gbx_trace_stream_count(trace); i++) {
        const gbx_stream_info *info = gbx_trace_stream(trace, i);
        if (info->process == process && info->thread == thread) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

/* What the holder did about the request: it saw it, and let go because of it. */
static bool
follow_holder(const gbx_trace *trace, const gbx_window *window, uint32_t holder, chain *it)
{
    it->seen = next_of(trace, it->timeout, window->end, GBX_EV_GIL_BREAKER, holder);
    it->release = next_of(trace, it->timeout, window->end, GBX_EV_GIL_RELEASE, holder);
    if (it->seen == GBX_NO_EVENT || it->release == GBX_NO_EVENT || it->seen > it->release) {
        return false;
    }
    const gbx_gil_breaker *seen = (const gbx_gil_breaker *)(const void *)gbx_trace_record(trace, it->seen);
    return (seen->h.flags >> GBX_BREAKER_DROP_REQUEST & 1) != 0
           && gbx_trace_record(trace, it->release)->flags == GBX_RELEASE_ASKED;
}

/* The chain around a drop request; false where it has a gap. */
static bool
follow(const gbx_trace *trace, const gbx_window *window, size_t drop, chain *it)
{
    const gbx_gil_drop *asks = (const gbx_gil_drop *)(const void *)gbx_trace_record(trace, drop);
    gbx_where waiter = gbx_trace_where(trace, drop);
    uint32_t holder = stream_of_thread(trace, waiter.process, asks->holder);
    *it = (chain){ .drop = drop };
    it->request = last_of(trace, drop, window->begin, GBX_EV_GIL_REQUEST, waiter.stream);
    it->timeout = last_of(trace, drop, window->begin, GBX_EV_GIL_TIMEOUT, waiter.stream);
    if (it->request == GBX_NO_EVENT || it->timeout == GBX_NO_EVENT || it->request > it->timeout
        || holder == waiter.stream || !follow_holder(trace, window, holder, it)) {
        return false;
    }
    it->acquire = next_of(trace, it->release, window->end, GBX_EV_GIL_ACQUIRE, waiter.stream);
    if (it->acquire == GBX_NO_EVENT) {
        return false;
    }
    const gbx_gil_acquire *got = (const gbx_gil_acquire *)(const void *)gbx_trace_record(trace, it->acquire);
    it->forced = next_of(trace, it->release, window->end, GBX_EV_GIL_FORCED, holder);
    size_t again = next_of(trace, it->release, window->end, GBX_EV_GIL_REQUEST, holder);
    it->forced = it->forced < again ? it->forced : GBX_NO_EVENT;
    it->waited_ns = gbx_trace_where(trace, it->acquire).t_ns - gbx_trace_where(trace, it->request).t_ns;
    it->interval_us = ((const gbx_gil_timeout *)(const void *)gbx_trace_record(trace, it->timeout))->interval_us;
    return got->from == asks->holder && got->lock == asks->lock;
}

static bool
is_first_request(const gbx_trace *trace, size_t at)
{
    return gbx_trace_event(trace, at) == GBX_EV_GIL_DROP_REQUEST && gbx_trace_record(trace, at)->flags == 0;
}

/* A line of the picture of a chain: when, since the request, and who did what. */
static size_t
put_link(const gbx_trace *trace, const chain *it, size_t at, const char *what, char *text, size_t size)
{
    gbx_where where = gbx_trace_where(trace, at);
    const char *name = gbx_trace_stream(trace, where.stream)->name;
    double ms = ((double)where.t_ns - (double)gbx_trace_where(trace, it->request).t_ns) / 1e6;
    int used = snprintf(text, size, "%7.3f ms  %-10.10s  %s\n", ms, name, what);
    return used > 0 && (size_t)used < size ? (size_t)used : 0;
}

static void
quote_chain(const gbx_trace *trace, gbx_finding *finding, const chain *it)
{
    const struct { size_t at; const char *what; } links[] = {
        { it->request, "wants the lock" },
        { it->timeout, "has waited for the switch interval" },
        { it->drop, "sets a bit: let go" },
        { it->seen, "looks, and sees the bit" },
        { it->release, "lets go" },
        { it->acquire, "has the lock" },
        { it->forced, "has waited for that, too" },
    };
    char text[640];
    size_t used = 0;
    for (size_t i = 0; i < GBX_COUNT(links); i++) {
        if (links[i].at != GBX_NO_EVENT) {
            used += put_link(trace, it, links[i].at, links[i].what, text + used, sizeof(text) - used);
        }
    }
    gbx_finding_quote(finding, text, used);
}

static void
show_chain(const gbx_look *look, gbx_finding *finding, const chain *it)
{
    gbx_finding_event(finding, look, it->request, "a thread wants the lock, and waits");
    gbx_finding_event(finding, look, it->timeout, "nothing happens for %u us: the switch interval",
                      it->interval_us);
    gbx_finding_refute(finding, look, it->drop, "so it asks the holder to let go: one bit in a word");
    gbx_finding_event(finding, look, it->seen, "the holder comes to a place where it looks at that word");
    gbx_finding_event(finding, look, it->release, "and lets go, in the middle of its work");
    gbx_finding_event(finding, look, it->acquire, "the lock has a new holder");
    if (it->forced != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, it->forced, "the old one waited until it really had changed hands");
    }
}

static gbx_verdict
judge_chains(const gbx_look *look, gbx_finding *finding, const gbx_window *window)
{
    chain it, shown = { .forced = GBX_NO_EVENT };
    unsigned asked = 0, whole = 0, early = 0;
    for (size_t at = window->begin; at < window->end; at++) {
        if (!is_first_request(look->trace, at)) {
            continue;
        }
        asked++;
        if (follow(look->trace, window, at, &it)) {
            early += it.waited_ns < (uint64_t)it.interval_us * NS_PER_US;
            if (whole++ == 0 || (shown.forced == GBX_NO_EVENT && it.forced != GBX_NO_EVENT)) {
                shown = it;
            }
        }
    }
    if (whole == 0) {
        return gbx_finding_failf(finding, "a thread asks for the lock, and the holder lets go for it",
                                 "the holder lets go by itself, or nobody waits for long enough",
                                 "%u requests to let go, none with all its links", asked);
    }
    if (early > 0) {
        return gbx_finding_failf(finding, "who asks waits for at least the switch interval", NULL,
                                 "%u of %u did not", early, whole);
    }
    quote_chain(look->trace, finding, &shown);
    show_chain(look, finding, &shown);
    gbx_finding_number(finding, "switch interval", shown.interval_us, "us");
    gbx_finding_number(finding, "hand-offs that were asked for", whole, "");
    gbx_finding_number(finding, "the wait shown", (double)shown.waited_ns / 1e6, "ms");
    return GBX_PASS;
}

static gbx_verdict
check_chain(const gbx_look *look, gbx_finding *finding)
{
    gbx_window window;
    if (gbx_windows_find(look, finding, "hand-off", "begin", &window, 1) == 0) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_chains(look, finding, &window);
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s3_chain = {
    .id = "3.4a",
    .title = "a hand-off is a chain of events",
    .sentence = "Who wants the lock waits for one switch interval, then sets a bit; the holder sees it at the "
                "next place where it looks, lets go, and waits until another has it.",
    .experiments = { &hand_off },
    .check = check_chain,
    .must_fail = {
        { &hand_off, &patient, "the switch interval is ten seconds" },
        { &hand_off, &polite, "both let go by themselves, long before anybody asks" },
    },
    .readings = {
        { "Python/ceval_gil.c#take_gil", "the wait, its time-out, and the request" },
        { "Python/ceval_gil.c#drop_gil_impl", "letting go is a flag and two signals" },
        { "Python/ceval_gil.c#_Py_HandlePending", "where the bits of the word are looked at, one by one" },
    },
    .prediction = {
        .question = "Two threads compute. What makes the one that has the lock let go?",
        .choices = {
            { "a timer in the interpreter that interrupts it", "the interpreter schedules threads",
              "nobody interrupts it: the one that waits sets a bit" },
            { "the other one asks, after it has waited for a while", NULL, NULL },
            { "it counts its instructions, and lets go after a hundred", "the tick counter of Python 2",
              "the count went away in 3.2" },
            { "the kernel, when the thread's time is over", "the kernel hands the lock on",
              "the kernel takes processors away, never the lock" },
        },
    },
};

/* ----------------------------------------------------------- 3.4d: one holder at a time */

static gbx_verdict
judge_holders(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const gbx_window *window)
{
    gbx_span_of_lane pair[2];
    gbx_held_lock locks[8];
    const gbx_spans_of holds = { .lanes = GBX_SPANS_HOLDS }, waits = { .lanes = GBX_SPANS_WAITS };
    uint64_t length = window->end_ns - window->begin_ns;
    uint64_t two = gbx_spans_overlap(spans, window, &holds);
    size_t count = gbx_spans_locks(spans, window, locks, GBX_COUNT(locks));
    if (two > 0 && gbx_spans_pair(spans, window, &holds, pair)) {
        gbx_finding_event(finding, look, gbx_spans_event(spans, pair[0].stream, pair[0].begin_ns), "one takes a lock");
        gbx_finding_event(finding, look, gbx_spans_event(spans, pair[1].stream, pair[1].begin_ns),
                          "and another one a lock as well");
        return gbx_finding_failf(finding, "never two holders at a time", "there is more than one lock",
                                 "%.1f ms with two of them, %zu locks", (double)two / 1e6, count);
    }
    gbx_finding_fact(finding, "1 lock in %.0f ms: two holders at a time for 0 ns", (double)length / 1e6);
    gbx_spans_quote(spans, finding, window);
    gbx_finding_number(finding, "time in which somebody held it",
                       100.0 * (double)gbx_spans_cover(spans, window, &holds) / (double)length, "%");
    gbx_finding_number(finding, "threads that waited, on average",
                       (double)gbx_spans_time(spans, window, &waits) / (double)length, "");
    return GBX_PASS;
}

/* Each acquisition says from whom: the last one to have had it. */
static gbx_verdict
judge_order(const gbx_look *look, gbx_finding *finding, const gbx_window *window)
{
    uint32_t last = GBX_NO_THREAD, takers = 0;
    unsigned hand_offs = 0;
    for (size_t at = window->begin; at < window->end; at++) {
        if (gbx_trace_event(look->trace, at) != GBX_EV_GIL_ACQUIRE) {
            continue;
        }
        const gbx_gil_acquire *got = (const gbx_gil_acquire *)(const void *)gbx_trace_record(look->trace, at);
        uint32_t thread = gbx_trace_stream(look->trace, gbx_trace_where(look->trace, at).stream)->thread;
        if (last != GBX_NO_THREAD && got->from != last) {
            gbx_finding_event(finding, look, at, "says that it was thread %u's, which is not so", got->from);
            return gbx_finding_fail(finding, "an unbroken line of holders", "a gap", NULL);
        }
        hand_offs += last != GBX_NO_THREAD && last != thread;
        takers |= thread < 32 ? 1u << thread : 0;
        last = thread;
    }
    gbx_finding_number(finding, "threads that had it", __builtin_popcount(takers), "");
    gbx_finding_number(finding, "changes of hands", hand_offs, "");
    return GBX_PASS;
}

static gbx_verdict
check_one_holder(const gbx_look *look, gbx_finding *finding)
{
    gbx_spans spans = { 0 };
    gbx_window window;
    gbx_verdict verdict = GBX_INSUFFICIENT;
    if (gbx_windows_find(look, finding, "holders", "begin", &window, 1) > 0
        && gbx_spans_read(&spans, look, finding)) {
        verdict = judge_holders(look, finding, &spans, &window);
        if (verdict == GBX_PASS) {
            verdict = judge_order(look, finding, &window);
        }
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s3_one_holder = {
    .id = "3.4d",
    .title = "one holder, at every moment",
    .sentence = "However many threads want the lock, one has it, and all others wait: eight threads that "
                "compute have one processor among them.",
    .experiments = { &eight },
    .check = check_one_holder,
    .must_fail = {
        { &eight, &many_locks, "each thread runs an interpreter of its own" },
    },
    .readings = {
        { "Include/internal/pycore_gil.h#_gil_runtime_state", "all there is of it: a flag, a mutex, two conditions" },
        { "Python/ceval_gil.c#take_gil", "the flag is set under the mutex" },
    },
};
