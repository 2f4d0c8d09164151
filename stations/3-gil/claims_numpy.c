/* Claims 3.1a and b: NumPy in a pool of threads.

   Experiment: numpy_pool.py, four mixtures of Python and NumPy by one thread and by two.  Spans without the
   lock in the function `mixture` are NumPy's inner loops: nothing else there lets go of it. */

#include "claims.h"
#include "spans.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static const gbx_experiment numpy_pool = {
    .name = "numpy_pool", .program = "experiments/numpy_pool.py", .events = LOCK, .on = GBX_ON_GIL,
    .packages = "numpy",
};
static const gbx_experiment small_arrays = {
    .name = "small_arrays", .program = "must-fail/small_arrays.py", .events = LOCK, .on = GBX_ON_GIL,
    .packages = "numpy",
};
static const gbx_experiment arrays_of_objects = {
    .name = "arrays_of_objects", .program = "must-fail/arrays_of_objects.py", .events = LOCK, .on = GBX_ON_GIL,
    .packages = "numpy",
};

static const char *const mixtures[] = { "Python", "half and half", "mostly NumPy", "NumPy" };

enum { MIXTURES = sizeof(mixtures) / sizeof(mixtures[0]), MOST_ROUNDS = 8 };

static const gbx_spans_of holds = { .lanes = GBX_SPANS_HOLDS };
static const gbx_spans_of inner_loops = { .lanes = GBX_SPANS_OUTSIDE, .function = "mixture" };

typedef struct {
    gbx_window windows[MOST_ROUNDS];
    size_t count;
} rounds;

static bool
find_rounds(const gbx_look *look, gbx_finding *finding, const char *mixture, const char *part, rounds *to)
{
    to->count = gbx_windows_find(look, finding, mixture, part, to->windows, MOST_ROUNDS);
    return to->count > 0;
}

static double
best_ms(const rounds *of)
{
    const gbx_window *best = gbx_windows_best(of->windows, of->count);
    return (double)(best->end_ns - best->begin_ns) / 1e6;
}

static uint64_t
sum_time(const gbx_spans *spans, const rounds *of, const gbx_spans_of *what)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < of->count; i++) {
        sum += gbx_spans_time(spans, &of->windows[i], what);
    }
    return sum;
}

static uint64_t
sum_overlap(const gbx_spans *spans, const rounds *of, const gbx_spans_of *what)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < of->count; i++) {
        sum += gbx_spans_overlap(spans, &of->windows[i], what);
    }
    return sum;
}

/* ------------------------------------------------------------------ 3.1a: it lets go */

/* The round in which inner loops overlap most. */
static const gbx_window *
most_overlap(const gbx_spans *spans, const rounds *of)
{
    const gbx_window *most = of->windows;
    for (size_t i = 1; i < of->count; i++) {
        if (gbx_spans_overlap(spans, &of->windows[i], &inner_loops) > gbx_spans_overlap(spans, most, &inner_loops)) {
            most = &of->windows[i];
        }
    }
    return most;
}

static gbx_verdict
judge_letting_go(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const rounds *together)
{
    gbx_span_of_lane pair[2];
    uint64_t outside = sum_time(spans, together, &inner_loops);
    uint64_t both = sum_overlap(spans, together, &inner_loops), python = sum_overlap(spans, together, &holds);
    const gbx_window *best = most_overlap(spans, together);
    if (outside == 0) {
        return gbx_finding_fail(finding, "NumPy lets go of the lock for its inner loops", "it does not",
                                "the arrays are short, or hold Python objects");
    }
    if (both == 0 || !gbx_spans_pair(spans, best, &inner_loops, pair)) {
        return gbx_finding_fail(finding, "inner loops of two threads at once", "never", "one thread works");
    }
    if (python > 0) {
        return gbx_finding_failf(finding, "never Python of two threads at once", "there is no lock", "%.1f ms",
                                 (double)python / 1e6);
    }
    size_t one = gbx_spans_event(spans, pair[0].stream, pair[0].begin_ns);
    size_t two = gbx_spans_event(spans, pair[1].stream, pair[1].begin_ns);
    gbx_finding_event(finding, look, one < two ? one : two, "NumPy lets go, and begins its loop");
    gbx_finding_refute(finding, look, one < two ? two : one, "in the other thread as well: two loops at once");
    gbx_spans_quote(spans, finding, best);
    gbx_finding_number(finding, "in NumPy's loops", (double)outside / 1e6, "ms");
    gbx_finding_number(finding, "of it two at once", (double)both / 1e6, "ms");
    gbx_finding_number(finding, "Python of two threads at once", 0, "ms");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_lets_go(const gbx_look *look, gbx_finding *finding)
{
    gbx_spans spans = { 0 };
    rounds together;
    gbx_verdict verdict = GBX_INSUFFICIENT;
    if (find_rounds(look, finding, "mostly NumPy", "together", &together)
        && gbx_spans_read(&spans, look, finding)) {
        verdict = judge_letting_go(look, finding, &spans, &together);
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s3_lets_go = {
    .id = "3.1a",
    .title = "NumPy lets go of the lock",
    .sentence = "Around its inner loops NumPy lets go of the lock: the loops of two threads overlap, and the "
                "Python between them never does.",
    .experiments = { &numpy_pool },
    .check = check_lets_go,
    .must_fail = {
        { &numpy_pool, &small_arrays, "arrays too short to be worth it" },
        { &numpy_pool, &arrays_of_objects, "adding Python objects is work for Python" },
    },
    .readings = {
        { "Include/ceval.h#Py_BEGIN_ALLOW_THREADS", "what NPY_BEGIN_THREADS comes down to" },
        { "Python/ceval_gil.c#PyEval_SaveThread", "and this is what it calls" },
    },
    .prediction = {
        .question = "Two threads run NumPy and Python by turns. What of it happens at the same time?",
        .choices = {
            { "nothing: there is a lock", "one thread at a time, whatever it does",
              "C code may let go of the lock, and NumPy does" },
            { "the loops inside NumPy, but never the Python between them", NULL, NULL },
            { "all of it: NumPy switches the lock off", "importing NumPy removes the lock",
              "each call lets go for itself, and takes the lock again" },
        },
    },
};

/* ------------------------------------------------------------- 3.1b: the share predicts */

/* One mixture, by one thread and by two. */
typedef struct {
    double share;                /* of one thread's time without the lock, alone */
    double share_of_two;         /* the same while there are two: loops that share a processor take longer */
    double at_once;              /* threads at work on average, while any is: in Python or in a loop */
    double bound;                /* the most that could be, by share_of_two: one in Python, and two in all */
    double speed_up;
} mixed;

static bool
measure(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const char *mixture, mixed *it)
{
    rounds alone, together;
    if (!find_rounds(look, finding, mixture, "alone", &alone)
        || !find_rounds(look, finding, mixture, "together", &together)) {
        return false;
    }
    const gbx_spans_of loops = { .lanes = GBX_SPANS_OUTSIDE, .function = "mixture", .one_stream = true,
                                 .stream = alone.windows[0].stream };
    const gbx_spans_of own = { .lanes = GBX_SPANS_HOLDS, .one_stream = true, .stream = loops.stream };
    double outside = (double)sum_time(spans, &alone, &loops), inside = (double)sum_time(spans, &alone, &own);
    it->share = outside / (outside + inside);

    double held = (double)sum_time(spans, &together, &holds), free = (double)sum_time(spans, &together, &inner_loops);
    double cover = 0;
    for (size_t i = 0; i < together.count; i++) {
        cover += (double)gbx_spans_cover_two(spans, &together.windows[i], &holds, &inner_loops);
    }
    it->share_of_two = free / (held + free);
    it->at_once = (held + free) / cover;
    it->bound = it->share_of_two >= 0.5 ? 2 : 1 / (1 - it->share_of_two);
    it->speed_up = best_ms(&alone) / best_ms(&together);
    return true;
}

static void
quote_mixtures(gbx_finding *finding, const mixed all[MIXTURES])
{
    char text[640];
    size_t used = (size_t)snprintf(text, sizeof(text), "p: share of its time that a thread is without the lock\n"
                                   "%-14s %8s %9s %8s %8s %10s\n", "", "p alone", "p of two", "at most", "at once",
                                   "speed-up");
    for (size_t i = 0; i < MIXTURES && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-14s %6.0f %% %7.0f %% %8.2f %8.2f %8.2f x\n",
                                 mixtures[i], 100 * all[i].share, 100 * all[i].share_of_two, all[i].bound,
                                 all[i].at_once, all[i].speed_up);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
judge_shares(gbx_finding *finding, const mixed all[MIXTURES])
{
    for (size_t i = 0; i < MIXTURES; i++) {
        if (i > 0 && !(all[i].share > all[i - 1].share && all[i].share > 0.1)) {
            return gbx_finding_failf(finding, "the more NumPy, the less time with the lock",
                                     "NumPy does not let go of it", "%.0f %% in '%s', %.0f %% in '%s'",
                                     100 * all[i - 1].share, mixtures[i - 1], 100 * all[i].share, mixtures[i]);
        }
        if (all[i].at_once > all[i].bound * 1.001) {
            return gbx_finding_failf(finding, "never more at work than the share allows", NULL, "%.2f in '%s'",
                                     all[i].at_once, mixtures[i]);
        }
        if (all[i].at_once < 0.6 * all[i].bound) {
            return gbx_finding_failf(finding, "nearly as many at work as the share allows", NULL, "%.2f of %.2f in '%s'",
                                     all[i].at_once, all[i].bound, mixtures[i]);
        }
    }
    if (all[MIXTURES - 1].at_once <= all[0].at_once) {
        return gbx_finding_failf(finding, "more threads at work with NumPy than with Python", NULL, "%.2f and %.2f",
                                 all[MIXTURES - 1].at_once, all[0].at_once);
    }
    return GBX_PASS;
}

static gbx_verdict
check_share(const gbx_look *look, gbx_finding *finding)
{
    gbx_spans spans = { 0 };
    mixed all[MIXTURES];
    gbx_verdict verdict = GBX_INSUFFICIENT;
    bool measured = gbx_spans_read(&spans, look, finding);
    for (size_t i = 0; measured && i < MIXTURES; i++) {
        measured = measure(look, finding, &spans, mixtures[i], &all[i]);
    }
    if (measured) {
        verdict = judge_shares(finding, all);
    }
    if (verdict == GBX_PASS) {
        quote_mixtures(finding, all);
        for (size_t i = 0; i < MIXTURES; i++) {
            gbx_finding_bar(finding, mixtures[i], all[i].at_once, "at work at once");
        }
        gbx_finding_observe(finding, 2);
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s3_share = {
    .id = "3.1b",
    .title = "the share without the lock says how far it scales",
    .sentence = "A thread that has no need of the lock for a share p of its time leaves room for 1 / (1 - p) "
                "threads: at p = 0 for one, at one half for two.",
    .experiments = { &numpy_pool },
    .check = check_share,
    .must_fail = {
        { &numpy_pool, &small_arrays, "arrays too short to be worth it" },
    },
    .readings = {
        { "Lib/concurrent/futures/thread.py#_worker", "the pool: threads that take work from a queue" },
        { "Python/ceval_gil.c#PyEval_RestoreThread", "the end of each loop: the lock is needed again" },
    },
    .prediction = {
        .question = "One thread alone has the lock for half of its time. How much faster are two of them, at "
                    "the most?",
        .choices = {
            { "not at all", "one thread at a time, whatever it does", "while one computes without it, the other has it" },
            { "one and a half times", "half of the work is halved", "that would be so if the halves could not overlap" },
            { "twice", NULL, NULL },
        },
    },
};
