/* Claims 3.2a and b, 3.3a: the course's benchmark, by three kinds of workers on both builds.

   Experiment: primes.py, once with the lock and once without.  What a verdict rests on is who held a lock,
   or ran without one, at the same time: that does not change with what else the machine does. */

#include "claims.h"
#include "primes.h"
#include "../part.h"
#include "trace.h"

#include <string.h>

#define PRIMES  (LOCK | GBX_BIT(SPEC))

GBX_EXPERIMENT_ON(gbx_s3_primes, "experiments", "primes", PRIMES, GBX_ON_GIL);
const gbx_experiment gbx_s3_primes_free = {
    .name = "primes without the lock", .program = "experiments/primes.py", .events = PRIMES, .on = GBX_ON_FT,
};
static const gbx_experiment lock_back = {
    .name = "lock_back", .program = "experiments/primes.py", .options = { "-X", "gil=1" }, .events = PRIMES,
    .on = GBX_ON_FT,
};
static GBX_EXPERIMENT_ON(one_lock, "must-fail", "one_lock", PRIMES, GBX_ON_GIL);

#define MOST_OF_IT  0.5          /* two workers are at it at once for at least so much of a window */

#define STRAGGLERS  0.1          /* workers of another kind, still about to wait for the next question */

static const gbx_spans_of holds = { .lanes = GBX_SPANS_HOLDS };
static const gbx_spans_of at_work = { .lanes = GBX_SPANS_HOLDS | GBX_SPANS_RUNS };

/* The share of the time in which somebody was at it, in which two were, over all rounds. */
static double
share_of_both(const gbx_spans *spans, const gbx_s3_rounds *rounds, const gbx_spans_of *of)
{
    uint64_t both = 0, any = 0;
    for (size_t i = 0; i < rounds->count; i++) {
        both += gbx_spans_overlap(spans, &rounds->windows[i], of);
        any += gbx_spans_cover(spans, &rounds->windows[i], of);
    }
    return any == 0 ? 0 : (double)both / (double)any;
}

/* The same of the round in which it is most: on a busy machine a worker may come too late to meet another. */
static double
most_of_both(const gbx_spans *spans, const gbx_s3_rounds *rounds, const gbx_spans_of *of)
{
    double most = 0;
    for (size_t i = 0; i < rounds->count; i++) {
        double any = (double)gbx_spans_cover(spans, &rounds->windows[i], of);
        double both = (double)gbx_spans_overlap(spans, &rounds->windows[i], of);
        most = any > 0 && both / any > most ? both / any : most;
    }
    return most;
}

/* Two spans that were there at once, shown by the events that they begin with. */
static void
show_pair(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const gbx_window *window,
          const gbx_spans_of *of, const char *first, const char *second)
{
    gbx_span_of_lane pair[2];
    if (gbx_spans_pair(spans, window, of, pair)) {
        const gbx_span_of_lane *early = pair[0].begin_ns < pair[1].begin_ns ? &pair[0] : &pair[1];
        const gbx_span_of_lane *late = early == &pair[0] ? &pair[1] : &pair[0];
        gbx_finding_event(finding, look, gbx_spans_event(spans, early->stream, early->begin_ns), "%s", first);
        gbx_finding_event(finding, look, gbx_spans_event(spans, late->stream, late->begin_ns), "%s", second);
    }
}

/* ------------------------------------------------------------- 3.2a: nobody waits */

/* Events of a lock in a window. */
static unsigned
count_lock_events(const gbx_trace *trace, const gbx_window *window, size_t *first)
{
    unsigned count = 0;
    for (size_t at = window->begin; at < window->end; at++) {
        uint8_t event = gbx_trace_event(trace, at);
        if (event == GBX_EV_GIL_REQUEST || event == GBX_EV_GIL_ACQUIRE || event == GBX_EV_GIL_RELEASE) {
            *first = count++ == 0 ? at : *first;
        }
    }
    return count;
}

static gbx_verdict
judge_free(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const gbx_s3_rounds *threads,
           double *both)
{
    size_t first = GBX_NO_EVENT;
    unsigned events = 0;
    for (size_t i = 0; i < threads->count; i++) {
        events += count_lock_events(look->trace, &threads->windows[i], &first);
    }
    *both = most_of_both(spans, threads, &at_work);
    if (events > 0) {
        gbx_finding_event(finding, look, first, "the first of %u", events);
        return gbx_finding_failf(finding, "without the lock, not one event of it", "the lock was switched on",
                                 "%u events", events);
    }
    if (*both < MOST_OF_IT) {
        return gbx_finding_failf(finding, "two threads run at once, most of the time", NULL,
                                 "%.0f %% of it", 100 * *both);
    }
    gbx_finding_fact(finding, "without the lock: not one request, acquisition or release");
    show_pair(look, finding, spans, gbx_s3_rounds_best(threads), &at_work, "one thread is attached",
              "and another one, at the same time");
    return GBX_PASS;
}

/* Time in which a lock had two holders at once, of all rounds and locks. */
static uint64_t
twice_held(const gbx_spans *spans, const gbx_s3_rounds *rounds)
{
    uint64_t both = 0;
    for (size_t i = 0; i < rounds->count; i++) {
        gbx_held_lock locks[8];
        size_t count = gbx_spans_locks(spans, &rounds->windows[i], locks, GBX_COUNT(locks));
        for (size_t k = 0; k < count; k++) {
            const gbx_spans_of one = { .lanes = GBX_SPANS_HOLDS, .one_lock = true, .process = locks[k].process,
                                       .lock = locks[k].lock };
            both += gbx_spans_overlap(spans, &rounds->windows[i], &one);
        }
    }
    return both;
}

static gbx_verdict
judge_locked(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const gbx_s3_rounds *threads)
{
    size_t first = GBX_NO_EVENT;
    double both = share_of_both(spans, threads, &at_work);
    if (count_lock_events(look->trace, &threads->windows[0], &first) == 0) {
        return gbx_finding_fail(finding, "with the lock, events of it", "not one", "there is no lock");
    }
    if (both > STRAGGLERS || twice_held(spans, threads) > 0) {
        return gbx_finding_failf(finding, "with the lock, not two threads at once", "there is no lock, or not one",
                                 "%.1f %% of the time", 100 * both);
    }
    return GBX_PASS;
}

static gbx_verdict
compare_builds(const gbx_look *look, gbx_finding *finding, gbx_spans spans[2])
{
    gbx_look free = gbx_look_run(look, 1);
    gbx_s3_rounds threads[2], alone[2];
    double both;
    if (!gbx_spans_read(&spans[0], look, finding) || !gbx_spans_read(&spans[1], &free, finding)
        || !gbx_s3_rounds_find(look, finding, "threads", &threads[0])
        || !gbx_s3_rounds_find(&free, finding, "threads", &threads[1])
        || !gbx_s3_rounds_find(look, finding, "sequential", &alone[0])
        || !gbx_s3_rounds_find(&free, finding, "sequential", &alone[1])) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_free(&free, finding, &spans[1], &threads[1], &both);
    gbx_verdict locked = judge_locked(look, finding, &spans[0], &threads[0]);
    if (verdict != GBX_PASS || locked != GBX_PASS) {
        return verdict != GBX_PASS ? verdict : locked;
    }
    gbx_finding_fact(finding, "with the lock:");
    gbx_spans_quote(&spans[0], finding, gbx_s3_rounds_best(&threads[0]));
    gbx_finding_fact(finding, "without it:");
    gbx_spans_quote(&spans[1], finding, gbx_s3_rounds_best(&threads[1]));
    gbx_finding_number(finding, "both at once, with the lock", 0, "% of the time");
    gbx_finding_number(finding, "both at once, without it", 100 * both, "% of the best round");
    gbx_finding_number(finding, "two threads against one, with the lock",
                       gbx_s3_rounds_ms(&alone[0]) / gbx_s3_rounds_ms(&threads[0]), "x");
    gbx_finding_number(finding, "two threads against one, without it",
                       gbx_s3_rounds_ms(&alone[1]) / gbx_s3_rounds_ms(&threads[1]), "x");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_no_lock(const gbx_look *look, gbx_finding *finding)
{
    gbx_spans spans[2] = { { 0 }, { 0 } };
    gbx_verdict verdict = compare_builds(look, finding, spans);
    gbx_spans_clear(&spans[0]);
    gbx_spans_clear(&spans[1]);
    return verdict;
}

const gbx_claim gbx_s3_no_lock = {
    .id = "3.2a",
    .title = "nobody waits",
    .sentence = "With the lock two threads of Python never run at once; without it they do, and the trace has "
                "not one event of a lock.",
    .experiments = { &gbx_s3_primes, &gbx_s3_primes_free },
    .check = check_no_lock,
    .must_fail = {
        { &gbx_s3_primes_free, &lock_back, "the free-threaded build with its lock switched on" },
        { &gbx_s3_primes, &gbx_s3_primes_free, "no lock where there should be one" },
    },
    .readings = {
        { "Python/pystate.c#_PyThreadState_Attach", "what is left without the lock: a word that says who runs" },
        { "Python/ceval_gil.c#take_gil", "the first lines: a lock that is not enabled is not taken" },
    },
    .prediction = {
        .question = "Two threads count primes on a machine with two free processors. How long, against one "
                    "thread that does all of it, on the ordinary build and on the free-threaded one?",
        .choices = {
            { "half as long on both", "threads of Python use all processors", "with the lock one runs at a time" },
            { "as long on the one, half as long on the other", NULL, NULL },
            { "as long on both", "threads never help Python", "without the lock they do" },
            { "longer on both", "threads cost more than they give", NULL },
        },
    },
};

/* --------------------------------------------------------- 3.2b: what one thread pays */

/* Instructions that specialized in the whole run; the first of them in the function that counts. */
static unsigned
count_successes(const gbx_look *look, size_t *first)
{
    unsigned count = 0;
    gbx_cursor now;
    for (bool more = gbx_trace_first(look->trace, &now); more; more = gbx_trace_next(&now)) {
        if (now.entry.record->event != GBX_EV_SPEC_SUCCESS) {
            continue;
        }
        const gbx_spec *spec = (const gbx_spec *)(const void *)now.entry.record;
        gbx_where where = gbx_entry_where(look->trace, &now.entry);
        const gbx_code_info *info = gbx_trace_code(look->trace, where.process, spec->code);
        if (*first == GBX_NO_EVENT && info != NULL && strcmp(info->name, "is_prime") == 0) {
            *first = now.at;
        }
        count++;
    }
    return count;
}

static gbx_verdict
check_price(const gbx_look *look, gbx_finding *finding)
{
    gbx_look free = gbx_look_run(look, 1);
    gbx_s3_rounds alone[2];
    size_t first = GBX_NO_EVENT, other = GBX_NO_EVENT;
    if (!gbx_s3_rounds_find(look, finding, "sequential", &alone[0])
        || !gbx_s3_rounds_find(&free, finding, "sequential", &alone[1])) {
        return GBX_INSUFFICIENT;
    }
    unsigned with = count_successes(look, &first), without = count_successes(&free, &other);
    double price = gbx_s3_rounds_ms(&alone[1]) / gbx_s3_rounds_ms(&alone[0]);
    if (with == 0) {
        return gbx_finding_fail(finding, "the ordinary build specializes", "not one instruction",
                                "nothing runs twice, or it is not the ordinary build");
    }
    if (without > 0) {
        gbx_finding_event(finding, &free, other, "an instruction specialized");
        return gbx_finding_failf(finding, "the free-threaded build of this version does not specialize",
                                 "it is not the free-threaded build", "%u instructions", without);
    }
    if (first != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, first, "with the lock: the first of the hot loop's; %u in all", with);
    }
    gbx_finding_fact(finding, "without the lock: not one instruction specialized");
    gbx_finding_bar(finding, "one thread, with the lock", gbx_s3_rounds_ms(&alone[0]), "ms");
    gbx_finding_bar(finding, "one thread, without it", gbx_s3_rounds_ms(&alone[1]), "ms");
    gbx_finding_number(finding, "the price", price, "x");
    gbx_finding_observe(finding, price > 1.1 ? 2 : price < 0.9 ? 0 : 1);
    return GBX_PASS;
}

const gbx_claim gbx_s3_price = {
    .id = "3.2b",
    .title = "what one thread pays",
    .sentence = "In this version the free-threaded build never specializes an instruction, since that would "
                "change code that other threads run: a single thread pays for threads it does not have.",
    .experiments = { &gbx_s3_primes, &gbx_s3_primes_free },
    .check = check_price,
    .must_fail = {
        { &gbx_s3_primes, &gbx_s3_primes_free, "the free-threaded build on both sides" },
        { &gbx_s3_primes_free, &gbx_s3_primes, "the ordinary build on both sides" },
    },
    .readings = {
        { "Include/internal/pycore_code.h#adaptive_counter_warmup", "the count until an instruction asks" },
        { "Python/specialize.c#_PyCode_Quicken", "look for ENABLE_SPECIALIZATION" },
    },
    .prediction = {
        .question = "One thread alone counts primes on the free-threaded build. Against the ordinary build it is...",
        .choices = {
            { "faster: it takes no lock", "the lock costs a single thread",
              "a lock that nobody else wants is taken once, and then held" },
            { "as fast", "free threading is free", "its instructions stay general" },
            { "slower", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------ 3.3a: a lock of one's own */

static gbx_verdict
judge_own_locks(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans,
                const gbx_s3_rounds *interpreters)
{
    gbx_held_lock locks[8];
    const gbx_window *best = gbx_s3_rounds_best(interpreters);
    double both = most_of_both(spans, interpreters, &holds);
    size_t count = gbx_spans_locks(spans, best, locks, GBX_COUNT(locks));
    for (size_t i = 0; i < count; i++) {
        const gbx_spans_of one = { .lanes = GBX_SPANS_HOLDS, .one_lock = true, .process = locks[i].process,
                                   .lock = locks[i].lock };
        if (gbx_spans_overlap(spans, best, &one) > 0) {
            return gbx_finding_fail(finding, "each lock has one holder at a time", "two", NULL);
        }
    }
    if (both < MOST_OF_IT) {
        return gbx_finding_failf(finding, "two interpreters of one process run at once",
                                 "they share one lock", "%.0f %% of the time, %zu locks", 100 * both, count);
    }
    show_pair(look, finding, spans, best, &holds, "one interpreter takes its lock",
              "another one takes its own, while the first is held");
    gbx_spans_quote(spans, finding, best);
    gbx_finding_number(finding, "locks held in the picture", (double)count, "");
    gbx_finding_number(finding, "two locks of one process held at once", 100 * both, "% of the best round");
    return GBX_PASS;
}

static gbx_verdict
check_own_locks(const gbx_look *look, gbx_finding *finding)
{
    gbx_spans spans = { 0 };
    gbx_s3_rounds alone, interpreters;
    gbx_verdict verdict = GBX_INSUFFICIENT;
    if (gbx_s3_rounds_find(look, finding, "sequential", &alone)
        && gbx_s3_rounds_find(look, finding, "interpreters", &interpreters)
        && gbx_spans_read(&spans, look, finding)) {
        verdict = judge_own_locks(look, finding, &spans, &interpreters);
    }
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "two interpreters against one thread",
                           gbx_s3_rounds_ms(&alone) / gbx_s3_rounds_ms(&interpreters), "x");
        gbx_finding_observe(finding, 2);
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s3_own_locks = {
    .id = "3.3a",
    .title = "a lock for each interpreter",
    .sentence = "Interpreters of one process have a lock each, and so they compute at once, with the ordinary "
                "build and without a second process.",
    .experiments = { &gbx_s3_primes },
    .check = check_own_locks,
    .must_fail = {
        { &gbx_s3_primes, &one_lock, "interpreters of the old kind, which share the lock" },
    },
    .readings = {
        { "Python/ceval_gil.c#_PyEval_InitGIL", "own_gil: whose lock it will be" },
        { "Include/internal/pycore_interp.h#_is", "an interpreter; look for _gil" },
        { "Python/pylifecycle.c#new_interpreter", "how one is made" },
    },
    .prediction = {
        .question = "Two interpreters in one process of the ordinary build count primes. How many locks are "
                    "held at once?",
        .choices = {
            { "one: there is one GIL in a process", "the G stands for one in the process",
              "since 3.12 each interpreter can have its own" },
            { "none: interpreters need no lock", "interpreters have no lock", "each has its own" },
            { "two", NULL, NULL },
        },
    },
};
