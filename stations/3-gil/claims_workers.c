/* Claims 3.3b and c: what a worker costs, and what it costs to hand it something.

   Experiments: starting.py, which starts workers of each kind; passing.py, which hands them data.  Which kind
   of worker it was is for the events to say, and so is how many objects of the data's size came to be. */

#include "claims.h"
#include "spans.h"
#include "../part.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

#define COPIES  (LOCK | GBX_BIT(OBJ))

static GBX_EXPERIMENT_ON(starting, "experiments", "starting", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(in_disguise, "must-fail", "in_disguise", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(slow_threads, "must-fail", "slow_threads", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(passing, "experiments", "passing", COPIES, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(copied_first, "must-fail", "copied_first", COPIES, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(pickled_first, "must-fail", "pickled_first", COPIES, GBX_ON_GIL);

enum { MOST_STARTS = 32 };

static double
window_ms(const gbx_window *window)
{
    return (double)(window->end_ns - window->begin_ns) / 1e6;
}

/* ------------------------------------------------------------------ 3.3b: starting */

enum { THREADS, INTERPRETERS, PROCESSES, SPAWNED, KINDS };

static const char *const kinds[KINDS] = { "threads", "interpreters", "processes", "spawned processes" };

typedef struct {
    gbx_window best;
    double kbytes;
    size_t thread, interpreter, process;     /* the first such event of the best start; GBX_NO_EVENT: none */
} start;

/* The first event of a process that had none before the window; GBX_NO_EVENT: there is none. */
static size_t
new_process(const gbx_trace *trace, const gbx_window *window)
{
    uint64_t known = 0;                  /* a bit a process: more than 64 of them are not looked at */
    for (size_t at = 0; at < window->end; at++) {
        uint32_t process = gbx_trace_where(trace, at).process;
        bool is_new = process < 64 && (known >> process & 1) == 0;
        if (is_new && at >= window->begin) {
            return at;
        }
        known |= is_new ? (uint64_t)1 << process : 0;
    }
    return GBX_NO_EVENT;
}

/* What came into being in a window. */
static void
see_births(const gbx_trace *trace, start *it)
{
    it->thread = it->interpreter = GBX_NO_EVENT;
    it->process = new_process(trace, &it->best);
    uint32_t own = gbx_trace_stream(trace, it->best.stream)->process;
    for (size_t at = it->best.begin; at < it->best.end; at++) {
        uint8_t event = gbx_trace_event(trace, at);
        bool elsewhere = gbx_trace_where(trace, at).process != own;
        if (!elsewhere && event == GBX_EV_INTERP_NEW && it->interpreter == GBX_NO_EVENT) {
            it->interpreter = at;
        } else if (!elsewhere && event == GBX_EV_THREAD_START && it->thread == GBX_NO_EVENT) {
            it->thread = at;
        }
    }
}

static bool
find_starts(const gbx_look *look, gbx_finding *finding, start all[KINDS])
{
    gbx_part whole;
    for (size_t i = 0; i < KINDS; i++) {
        gbx_window windows[MOST_STARTS];
        char name[64];
        size_t count = gbx_windows_find(look, finding, "start", kinds[i], windows, MOST_STARTS);
        snprintf(name, sizeof(name), "memory of %s", kinds[i]);
        if (count == 0) {
            return false;
        }
        if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, name, &all[i].kbytes)) {
            gbx_finding_insufficient(finding, "the program does not say what memory %s take", kinds[i]);
            return false;
        }
        all[i].kbytes /= 1024;
        all[i].best = *gbx_windows_best(windows, count);
        see_births(look->trace, &all[i]);
    }
    return true;
}

/* That the workers are what they are called. */
static gbx_verdict
judge_births(const gbx_look *look, gbx_finding *finding, const start all[KINDS])
{
    for (size_t i = 0; i < KINDS; i++) {
        bool other = i == PROCESSES || i == SPAWNED;
        if ((all[i].process != GBX_NO_EVENT) != other || (all[i].interpreter != GBX_NO_EVENT) != (i == INTERPRETERS)) {
            if (all[i].interpreter != GBX_NO_EVENT) {
                gbx_finding_event(finding, look, all[i].interpreter, "an interpreter is made");
            }
            return gbx_finding_failf(finding, "a thread, an interpreter, a process: each makes what it is called",
                                     "the workers are of another kind", "not so for %s", kinds[i]);
        }
    }
    return GBX_PASS;
}

static gbx_verdict
judge_order(gbx_finding *finding, const start all[KINDS])
{
    static const size_t order[] = { THREADS, INTERPRETERS, SPAWNED };
    for (size_t i = 1; i < GBX_COUNT(order); i++) {
        const start *less = &all[order[i - 1]], *more = &all[order[i]];
        if (window_ms(&less->best) >= window_ms(&more->best)) {
            return gbx_finding_failf(finding, "threads start soonest, spawned processes last", NULL,
                                     "%s take %.2f ms, %s %.2f ms", kinds[order[i - 1]], window_ms(&less->best),
                                     kinds[order[i]], window_ms(&more->best));
        }
        if (less->kbytes >= more->kbytes) {
            return gbx_finding_failf(finding, "threads take least memory, spawned processes most", NULL,
                                     "%s take %.0f KiB, %s %.0f KiB", kinds[order[i - 1]], less->kbytes,
                                     kinds[order[i]], more->kbytes);
        }
    }
    return GBX_PASS;
}

static gbx_verdict
check_start(const gbx_look *look, gbx_finding *finding)
{
    start all[KINDS];
    if (!find_starts(look, finding, all)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_births(look, finding, all);
    if (verdict == GBX_PASS) {
        verdict = judge_order(finding, all);
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (all[THREADS].thread != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, all[THREADS].thread, "a thread begins: it needs a stack, and that is all");
    }
    gbx_finding_refute(finding, look, all[INTERPRETERS].interpreter,
                       "an interpreter begins: it will import for itself what others have long since");
    gbx_finding_event(finding, look, all[SPAWNED].process, "a process begins from nothing");
    for (size_t i = 0; i < KINDS; i++) {
        gbx_finding_bar(finding, kinds[i], window_ms(&all[i].best), "ms to start");
    }
    for (size_t i = 0; i < KINDS; i++) {
        gbx_finding_bar(finding, kinds[i], all[i].kbytes, "KiB of its own");
    }
    gbx_finding_observe(finding, window_ms(&all[INTERPRETERS].best) > window_ms(&all[PROCESSES].best) ? 2 : 1);
    return GBX_PASS;
}

const gbx_claim gbx_s3_start = {
    .id = "3.3b",
    .title = "what a worker costs before it works",
    .sentence = "A thread is there at once; an interpreter first imports everything anew, and so takes longer "
                "and more memory; a process that begins from nothing takes most of both.",
    .experiments = { &starting },
    .check = check_start,
    .must_fail = {
        { &starting, &in_disguise, "the threads are interpreters" },
        { &starting, &slow_threads, "the threads take their time" },
    },
    .readings = {
        { "Python/pylifecycle.c#Py_NewInterpreterFromConfig", "an interpreter: all of this, each time" },
        { "Modules/_threadmodule.c#do_start_new_thread", "a thread: a thread state, and pthread_create()" },
        { "Lib/multiprocessing/popen_spawn_posix.py#Popen._launch", "a spawned process: a program is started" },
    },
    .prediction = {
        .question = "Which is there sooner, from its start to its first answer?",
        .choices = {
            { "an interpreter and a thread alike: both are in this process", "an interpreter is a thread",
              "it has modules, types and a collector of its own to make" },
            { "an interpreter: sooner than a forked process", "processes are always slow to start",
              "a fork copies page tables, and imports nothing" },
            { "a forked process: sooner than an interpreter", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------------- 3.3c: passing */

enum { MOST_PASSES = 16 };

typedef struct {
    gbx_window best;
    unsigned copies;             /* objects as large as the data that came to be */
    size_t copy;                 /* the first; GBX_NO_EVENT */
} pass;

/* Objects that are large enough for the data, in all processes. */
static unsigned
count_copies(const gbx_trace *trace, const gbx_window *window, double size, size_t *first)
{
    unsigned count = 0;
    *first = GBX_NO_EVENT;
    for (size_t at = window->begin; at < window->end; at++) {
        if (gbx_trace_event(trace, at) != GBX_EV_OBJ_CREATE) {
            continue;
        }
        const gbx_obj *made = (const gbx_obj *)(const void *)gbx_trace_record(trace, at);
        if ((double)made->size >= size) {
            *first = count++ > 0 ? *first : at;
        }
    }
    return count;
}

static bool
find_pass(const gbx_look *look, gbx_finding *finding, double size, const char *kind, pass *to)
{
    gbx_window windows[MOST_PASSES];
    char name[64];
    snprintf(name, sizeof(name), "%.0f to %s", size, kind);
    size_t count = gbx_windows_find(look, finding, "pass", name, windows, MOST_PASSES);
    if (count == 0) {
        return false;
    }
    to->best = *gbx_windows_best(windows, count);
    to->copies = count_copies(look->trace, &to->best, size, &to->copy);
    return true;
}

static gbx_verdict
judge_copies(gbx_finding *finding, const pass all[3])
{
    if (all[THREADS].copies != 0) {
        return gbx_finding_failf(finding, "a thread gets the object itself", "it is copied on its way",
                                 "%u copies of the data", all[THREADS].copies);
    }
    if (all[INTERPRETERS].copies != 1) {
        return gbx_finding_failf(finding, "an interpreter gets one copy of bytes", "they are pickled on their way",
                                 "%u copies of the data", all[INTERPRETERS].copies);
    }
    if (all[PROCESSES].copies < 2) {
        return gbx_finding_failf(finding, "a process gets bytes pickled, sent and unpickled", NULL,
                                 "%u copies of the data", all[PROCESSES].copies);
    }
    return GBX_PASS;
}

static void
quote_passes(const gbx_look *look, gbx_finding *finding, const double *sizes, size_t count)
{
    char text[640];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-12s %14s %14s %14s\n", "bytes", kinds[0], kinds[1], kinds[2]);
    for (size_t i = 0; i < count && used < sizeof(text); i++) {
        pass it[3];
        for (size_t k = 0; k <= PROCESSES; k++) {
            if (!find_pass(look, finding, sizes[i], kinds[k], &it[k])) {
                return;
            }
        }
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-12.0f %11.3f ms %11.3f ms %11.3f ms\n", sizes[i],
                                 window_ms(&it[0].best), window_ms(&it[1].best), window_ms(&it[2].best));
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_passing(const gbx_look *look, gbx_finding *finding)
{
    static const double sizes[] = { 1e3, 1e5, 1e6, 8e6 };
    double largest;
    gbx_part whole;
    pass all[3];
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "largest", &largest)) {
        return gbx_finding_insufficient(finding, "the program does not say how large its data is");
    }
    for (size_t k = 0; k <= PROCESSES; k++) {
        if (!find_pass(look, finding, largest, kinds[k], &all[k])) {
            return GBX_INSUFFICIENT;
        }
    }
    gbx_verdict verdict = judge_copies(finding, all);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_refute(finding, look, all[INTERPRETERS].copy, "the other interpreter makes bytes of its own");
    gbx_finding_event(finding, look, all[PROCESSES].copy, "for a process the first copy is the pickle");
    quote_passes(look, finding, sizes, GBX_COUNT(sizes));
    gbx_finding_number(finding, "copies for a thread", all[THREADS].copies, "");
    gbx_finding_number(finding, "copies for an interpreter", all[INTERPRETERS].copies, "");
    gbx_finding_number(finding, "copies for a process", all[PROCESSES].copies, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s3_passing = {
    .id = "3.3c",
    .title = "what it costs to hand data over",
    .sentence = "A thread is handed the object itself; an interpreter gets bytes by one copy; a process gets "
                "them pickled, sent through a pipe, and unpickled.",
    .experiments = { &passing },
    .check = check_passing,
    .must_fail = {
        { &passing, &copied_first, "threads that are handed a copy" },
        { &passing, &pickled_first, "interpreters that are handed pickles" },
    },
    .readings = {
        { "Python/crossinterp_data_lookup.h#_bytes_shared", "bytes cross over" },
        { "Lib/multiprocessing/connection.py#_ConnectionBase.send", "objects cross over: pickled" },
    },
    .prediction = {
        .question = "8 MB of bytes go to another interpreter of the same process. How often are they copied?",
        .choices = {
            { "not at all: it is one process", "one process, one set of objects",
              "an object's count may be changed under one lock only" },
            { "once", NULL, NULL },
            { "they are pickled, as for a process", "interpreters are processes", "bytes can cross over as they are" },
        },
    },
};
