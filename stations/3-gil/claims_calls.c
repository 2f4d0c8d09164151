/* Claims 3.4b and c: who holds the lock for long, and what it costs who lets go of it often.

   Experiments: long_call.py, a sum by Python and by C; convoy.py, a thread of I/O behind one that computes. */

#include "claims.h"
#include "spans.h"
#include "symbols.h"
#include "../part.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static GBX_EXPERIMENT_ON(long_call, "experiments", "long_call", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(step_by_step, "must-fail", "step_by_step", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(lets_go, "must-fail", "lets_go", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(convoy, "experiments", "convoy", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(idle_other, "must-fail", "idle_other", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(no_io, "must-fail", "no_io", LOCK, GBX_ON_GIL);

/* ----------------------------------------------------------------- 3.4b: a long call */

/* What happened in a window that one thread marked, while it held the lock. */
typedef struct {
    unsigned timeouts;           /* of others */
    size_t first, last;          /* of these time-outs; GBX_NO_EVENT: none */
    size_t release;              /* the first of the thread's own */
    unsigned releases;
} siege;

static siege
watch_siege(const gbx_trace *trace, const gbx_window *window)
{
    siege seen = { 0, GBX_NO_EVENT, GBX_NO_EVENT, GBX_NO_EVENT, 0 };
    for (size_t at = window->begin; at < window->end; at++) {
        uint8_t event = gbx_trace_event(trace, at);
        bool own = gbx_trace_where(trace, at).stream == window->stream;
        if (event == GBX_EV_GIL_TIMEOUT && !own && seen.releases == 0) {
            seen.first = seen.timeouts++ == 0 ? at : seen.first;
            seen.last = at;
        } else if (event == GBX_EV_GIL_RELEASE && own) {
            seen.release = seen.releases++ == 0 ? at : seen.release;
        }
    }
    return seen;
}

static const gbx_gil_release *
release_at(const gbx_trace *trace, size_t at)
{
    return (const gbx_gil_release *)(const void *)gbx_trace_record(trace, at);
}

/* The function that ran when the thread let go. */
static const char *
running_at(const gbx_trace *trace, size_t at)
{
    const gbx_code_info *info = gbx_trace_code(trace, 0, release_at(trace, at)->code);
    return info == NULL ? "?" : info->name;
}

/* The C function whose address the program marked. */
static void
name_function(const gbx_look *look, gbx_finding *finding)
{
    gbx_part whole;
    double address;
    gbx_symbol symbol;
    char text[256];
    if (look->symbols == NULL || !gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "address", &address)
        || !(address > 0 && address < 0x1p53)
        || !gbx_symbols_find(look->symbols, gbx_trace_process(look->trace, 0), (uint64_t)address + 1, &symbol)) {
        gbx_finding_fact(finding, "the C function behind it is not known here");
        return;
    }
    gbx_finding_fact(finding, "held throughout by %s", gbx_symbol_text(&symbol, text, sizeof(text)));
}

static gbx_verdict
judge_siege(const gbx_look *look, gbx_finding *finding, const gbx_window *window, const siege *c)
{
    const gbx_trace *trace = look->trace;
    if (c->release != GBX_NO_EVENT && release_at(trace, c->release)->h.flags != GBX_RELEASE_ASKED) {
        gbx_finding_event(finding, look, c->release, "it lets go by itself");
        return gbx_finding_fail(finding, "the call holds the lock throughout", "it lets go",
                                "the function waits, or computes without the lock");
    }
    if (c->release != GBX_NO_EVENT && strcmp(running_at(trace, c->release), "<module>") != 0) {
        gbx_finding_event(finding, look, c->release, "it is asked, and lets go, inside");
        return gbx_finding_failf(finding, "the lock is let go of after the call", "it is Python that runs there",
                                 "in '%s'", running_at(trace, c->release));
    }
    if (c->timeouts < 2) {
        return gbx_finding_failf(finding, "another thread asks in vain", "the call is too short",
                                 "%u time-outs in %.1f ms", c->timeouts,
                                 (double)(window->end_ns - window->begin_ns) / 1e6);
    }
    return GBX_PASS;
}

static gbx_verdict
check_long_call(const gbx_look *look, gbx_finding *finding)
{
    gbx_window python, c;
    if (gbx_windows_find(look, finding, "sum", "Python", &python, 1) == 0
        || gbx_windows_find(look, finding, "sum", "C", &c, 1) == 0) {
        return GBX_INSUFFICIENT;
    }
    siege steps = watch_siege(look->trace, &python), call = watch_siege(look->trace, &c);
    gbx_verdict verdict = judge_siege(look, finding, &c, &call);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (steps.release == GBX_NO_EVENT || release_at(look->trace, steps.release)->h.flags != GBX_RELEASE_ASKED) {
        return gbx_finding_fail(finding, "a loop of Python lets go when it is asked", "it does not", NULL);
    }
    gbx_finding_event(finding, look, steps.release, "the loop of Python: asked, it lets go inside");
    gbx_finding_refute(finding, look, call.first, "the call of C: another thread has waited for an interval");
    gbx_finding_event(finding, look, call.last, "and in vain: it has timed out %u times", call.timeouts);
    if (call.release != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, call.release, "the call is over, and this is the first place to look");
    }
    name_function(look, finding);
    gbx_finding_number(finding, "the call took", (double)(c.end_ns - c.begin_ns) / 1e6, "ms");
    gbx_finding_number(finding, "requests in vain", call.timeouts, "");
    gbx_finding_number(finding, "hand-offs inside the call", 0, "");
    gbx_finding_number(finding, "hand-offs inside the loop", steps.releases, "");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s3_long_call = {
    .id = "3.4b",
    .title = "one long call of C holds the lock",
    .sentence = "A thread looks for requests between instructions of Python, and never inside a C function: "
                "sum() of a large range holds the lock from its first number to its last.",
    .experiments = { &long_call },
    .check = check_long_call,
    .must_fail = {
        { &long_call, &step_by_step, "the same sum by a loop of Python" },
        { &long_call, &lets_go, "a C function that lets go while it works" },
    },
    .readings = {
        { "Python/bltinmodule.c#builtin_sum_impl", "a loop; look for the place where it could let go" },
        { "Python/ceval_gil.c#_Py_HandlePending", "called from the loop of instructions alone" },
    },
    .prediction = {
        .question = "A thread calls sum(range(4_000_000)); another one asks for the lock. When does it get it?",
        .choices = {
            { "after 5 ms: that is the switch interval", "the switch interval is a promise",
              "after the interval a thread asks; who runs in C does not hear it" },
            { "after the next number", "C functions look for requests, too", NULL },
            { "when sum() has returned", NULL, NULL },
            { "at once: built-in functions need no lock", "C runs without the lock",
              "C code has the lock unless it lets go itself" },
        },
    },
};

/* ------------------------------------------------------------------ 3.4c: the convoy */

#define MOST_TURNS   256
#define LEAST_WAITS  2           /* and one in so many: where the machine is busy otherwise, the busy thread */
#define ONE_IN       32          /* often comes too late */

/* What the thread of I/O met when it wanted the lock back. */
typedef struct {
    unsigned turns, waits;       /* took the lock; found that another one had taken it meanwhile */
    unsigned early;              /* of the waits: shorter than the interval */
    size_t release, request, acquire;    /* of the first wait; GBX_NO_EVENT */
    double wait_ms[MOST_TURNS];  /* sorted */
    double took_ms;
} queueing;

static int
compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double
middle(const queueing *q)
{
    return q->waits == 0 ? 0 : q->wait_ms[(q->waits < MOST_TURNS ? q->waits : MOST_TURNS) / 2];
}

/* A turn takes the lock twice: after the question, and after the answer. */
static double
a_turn(const queueing *q)
{
    return q->turns == 0 ? 0 : 2 * q->took_ms / q->turns;
}

static bool
is_rare(const queueing *q)
{
    return q->waits < LEAST_WAITS || q->waits * ONE_IN < q->turns;
}

/* An acquisition: if the lock was another's before, the thread waited for it. */
static void
count_acquire(const gbx_trace *trace, size_t at, size_t release, size_t request, double interval_ms, queueing *q)
{
    const gbx_gil_acquire *got = (const gbx_gil_acquire *)(const void *)gbx_trace_record(trace, at);
    gbx_where where = gbx_trace_where(trace, at);
    q->turns++;
    if (got->from == gbx_trace_stream(trace, where.stream)->thread || request == GBX_NO_EVENT) {
        return;
    }
    double ms = (double)got->wait * gbx_trace_process(trace, where.process)->ns_per_tick / 1e6;
    q->early += ms < 0.98 * interval_ms;
    if (q->waits < MOST_TURNS) {
        q->wait_ms[q->waits] = ms;
    }
    if (q->waits++ == 0) {
        q->release = release;
        q->request = request;
        q->acquire = at;
    }
}

static void
watch_queueing(const gbx_trace *trace, const gbx_window *window, double interval_ms, queueing *q)
{
    size_t release = GBX_NO_EVENT, request = GBX_NO_EVENT;
    *q = (queueing){ .release = GBX_NO_EVENT, .request = GBX_NO_EVENT, .acquire = GBX_NO_EVENT,
                     .took_ms = (double)(window->end_ns - window->begin_ns) / 1e6 };
    for (size_t at = window->begin; at < window->end; at++) {
        if (gbx_trace_where(trace, at).stream != window->stream) {
            continue;
        }
        switch (gbx_trace_event(trace, at)) {
            case GBX_EV_GIL_RELEASE:
                release = at;
                request = GBX_NO_EVENT;
                break;
            case GBX_EV_GIL_REQUEST:
                /* Asked to let go itself, it queues like anybody: that is not I/O. */
                request = release != GBX_NO_EVENT
                          && gbx_trace_record(trace, release)->flags == GBX_RELEASE_BLOCKING ? at : GBX_NO_EVENT;
                break;
            case GBX_EV_GIL_ACQUIRE:
                count_acquire(trace, at, release, request, interval_ms, q);
                break;
            default:
                break;
        }
    }
    qsort(q->wait_ms, q->waits < MOST_TURNS ? q->waits : MOST_TURNS, sizeof(q->wait_ms[0]), compare_numbers);
}

static gbx_verdict
judge_convoy(const gbx_look *look, gbx_finding *finding, const queueing *alone, const queueing *behind,
             const queueing *shorter)
{
    if (alone->waits > 0) {
        gbx_finding_event(finding, look, alone->acquire, "it has waited for the lock");
        return gbx_finding_fail(finding, "alone, nobody waits for the lock", "it waits", "it is not alone");
    }
    if (is_rare(behind) || is_rare(shorter)) {
        return gbx_finding_failf(finding, "the busy thread takes the lock while the other waits for its answer",
                                 "no thread is busy, or the answers come too soon",
                                 "%u times behind it, %u with a shorter interval", behind->waits, shorter->waits);
    }
    if (behind->early + shorter->early > 0) {
        return gbx_finding_failf(finding, "each wait is at least the switch interval",
                                 "the busy thread lets go by itself", "%u are shorter",
                                 behind->early + shorter->early);
    }
    if (shorter->wait_ms[0] >= behind->wait_ms[0]) {
        return gbx_finding_failf(finding, "with a shorter interval the shortest wait is shorter", NULL,
                                 "%.1f ms and %.1f ms", shorter->wait_ms[0], behind->wait_ms[0]);
    }
    return GBX_PASS;
}

static gbx_verdict
check_convoy(const gbx_look *look, gbx_finding *finding)
{
    gbx_window parts[3];
    gbx_part whole;
    double interval, less;
    queueing q[3];
    static const char *const names[] = { "alone", "behind", "shorter" };
    for (size_t i = 0; i < GBX_COUNT(names); i++) {
        if (gbx_windows_find(look, finding, "I/O", names[i], &parts[i], 1) == 0) {
            return GBX_INSUFFICIENT;
        }
    }
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "interval", &interval)
        || !gbx_part_number(&whole, "shorter interval", &less)) {
        return gbx_finding_insufficient(finding, "the program does not say what the switch interval is");
    }
    watch_queueing(look->trace, &parts[0], 0, &q[0]);
    watch_queueing(look->trace, &parts[1], interval / 1e3, &q[1]);
    watch_queueing(look->trace, &parts[2], less / 1e3, &q[2]);
    gbx_verdict verdict = judge_convoy(look, finding, &q[0], &q[1], &q[2]);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_event(finding, look, q[1].release, "it lets go, to wait for an answer");
    gbx_finding_event(finding, look, q[1].request, "the answer is there; but the lock is not");
    gbx_finding_refute(finding, look, q[1].acquire, "%.1f ms later it has the lock, for a few microseconds",
                       q[1].wait_ms[0]);
    gbx_finding_bar(finding, "alone", a_turn(&q[0]), "ms a turn");
    gbx_finding_bar(finding, "behind a busy thread", a_turn(&q[1]), "ms a turn");
    gbx_finding_bar(finding, "the same, shorter interval", a_turn(&q[2]), "ms a turn");
    gbx_finding_number(finding, "switch interval", interval, "us");
    gbx_finding_number(finding, "the usual wait", middle(&q[1]), "ms");
    gbx_finding_number(finding, "shorter interval", less, "us");
    gbx_finding_number(finding, "the usual wait then", middle(&q[2]), "ms");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s3_convoy = {
    .id = "3.4c",
    .title = "the convoy",
    .sentence = "A thread of I/O lets go of the lock for each wait; behind a thread that computes it gets it "
                "back one switch interval later, each time.",
    .experiments = { &convoy },
    .check = check_convoy,
    .must_fail = {
        { &convoy, &idle_other, "the other thread does not compute" },
        { &convoy, &no_io, "the first thread computes, too: it lets go when it is asked" },
    },
    .readings = {
        { "Modules/posixmodule.c#os_read_impl", "leads to _Py_read()" },
        { "Python/fileutils.c#_Py_read", "Py_BEGIN_ALLOW_THREADS: here the lock is let go of" },
    },
    .prediction = {
        .question = "A thread asks another process ten times, and each answer takes 1 ms. Now a second thread "
                    "computes. How long does each of the ten take?",
        .choices = {
            { "1 ms as before: who waits for I/O does not need the lock", "I/O does not need the lock",
              "it needs it to go on, once the answer is there" },
            { "about twice as long: there are two threads", "threads share fairly",
              "one takes microseconds of its turns, the other takes all of them" },
            { "1 ms and the whole switch interval", NULL, NULL },
            { "it never comes to its turn", "the busy thread keeps the lock", NULL },
        },
    },
};
