/* Claims 4.6a to d: why is my asynchronous code slower than my synchronous code?

   Experiments: four programs that do the same work in both forms.  What is wrong with each is told from the
   loop's time in the asynchronous one, by one function for all of them, and so a program that is mended has to
   come out as another one, or as none. */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <stdio.h>

static GBX_EXPERIMENT_ON(slow_computes, "experiments", "slow_computes", WITH_LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT(slow_sequence, "experiments", "slow_sequence", ASYNCIO);
static GBX_EXPERIMENT(slow_pieces, "experiments", "slow_pieces", ASYNCIO);
static GBX_EXPERIMENT_ON(slow_blocks, "experiments", "slow_blocks", WITH_LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(in_a_process, "must-fail", "in_a_process", WITH_LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT(gathered, "must-fail", "gathered", ASYNCIO);
static GBX_EXPERIMENT(large_pieces, "must-fail", "large_pieces", ASYNCIO);
static GBX_EXPERIMENT_ON(asks_politely, "must-fail", "asks_politely", WITH_LOCK, GBX_ON_GIL);

enum { TIMERS_MAX = 64, SMALL_NS = 50000, MANY = 100 };

/* -------------------------------------------------------------------- evidence */

typedef struct {
    gbx_part sync, async;
    double sync_ms, async_ms;
    double steps, waits, own;        /* shares of the time in which the loop ran */
    double outside;                  /* share of the steps' time in which the lock was let go */
    double step_us;                  /* on average */
    uint64_t step_count, waiting_at_once;
    uint64_t small;                  /* tasks that ran for less than SMALL_NS, all their steps together */
    double in_small;                 /* share of the time in their steps */
    gbx_aio_turn longest;
    char name[64];                   /* of the task that had the longest turn */
} evidence;

/* Time without the lock between two events of a thread: it let go inside, and took it back. */
static double
outside_ms(const gbx_part *part, size_t from, size_t to)
{
    double sum = 0;
    size_t let_go = GBX_NO_EVENT;
    for (size_t at = from; at < to; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (event == GBX_EV_GIL_RELEASE) {
            let_go = at;
        }
        else if (event == GBX_EV_GIL_ACQUIRE && let_go != GBX_NO_EVENT) {
            sum += gbx_s4_ms(part, let_go, at);
            let_go = GBX_NO_EVENT;
        }
    }
    return sum;
}

/* The same in all steps of a part. */
static double
outside_in_steps_ms(const gbx_part *part)
{
    double sum = 0;
    size_t begin = GBX_NO_EVENT;
    for (size_t at = part->begin; at < part->end; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (event == GBX_EV_AIO_STEP_BEGIN) {
            begin = at;
        }
        else if (event == GBX_EV_AIO_STEP_END && begin != GBX_NO_EVENT) {
            sum += outside_ms(part, begin, at);
            begin = GBX_NO_EVENT;
        }
    }
    return sum;
}

/* How many timers were set and had not run, at most: how many things were waited for at once. */
static uint64_t
most_waiting(const gbx_part *part)
{
    uint64_t pending[TIMERS_MAX], count = 0, most = 0;
    for (size_t at = part->begin; at < part->end; at++) {
        const void *record = gbx_part_record(part, at);
        uint8_t event = gbx_part_event(part, at);
        if (event == GBX_EV_AIO_CALL_AT && count < TIMERS_MAX) {
            pending[count++] = ((const gbx_aio_schedule *)record)->handle;
            most = count > most ? count : most;
            continue;
        }
        uint64_t handle = event == GBX_EV_AIO_RUN_BEGIN ? ((const gbx_aio_run *)record)->handle
            : event == GBX_EV_AIO_HANDLE_CANCEL ? ((const gbx_aio_handle *)record)->handle : 0;
        for (uint64_t i = 0; handle != 0 && i < count; i++) {
            if (pending[i] == handle) {
                pending[i] = pending[--count];
                break;
            }
        }
    }
    return most;
}

static double
length_ms(const gbx_part *part)
{
    return gbx_s4_ms(part, part->begin - 1, part->end);      /* the marks around it */
}

/* The loop that ran for longest in a story. */
static const gbx_aio_loop_info *
main_loop(const gbx_aio_story *story)
{
    const gbx_aio_loop_info *most = NULL;
    for (size_t i = 0; i < story->loop_count; i++) {
        if (most == NULL || story->loops[i].running_ns > most->running_ns) {
            most = &story->loops[i];
        }
    }
    return most;
}

static void
measure(const gbx_look *look, const gbx_aio_story *story, const gbx_aio_loop_info *loop, evidence *to)
{
    double running = (double)loop->running_ns;
    to->sync_ms = length_ms(&to->sync);
    to->async_ms = length_ms(&to->async);
    to->steps = (double)loop->step_ns / running;
    to->waits = (double)loop->select_ns / running;
    to->own = (double)gbx_aio_own_ns(loop) / running;
    to->step_count = loop->steps;
    to->step_us = loop->steps == 0 ? 0 : (double)loop->step_ns / 1e3 / (double)loop->steps;
    to->outside = loop->step_ns == 0 ? 0 : 1e6 * outside_in_steps_ms(&to->async) / (double)loop->step_ns;
    to->waiting_at_once = most_waiting(&to->async);
    to->small = 0;
    to->in_small = 0;
    for (size_t i = 0; i < story->task_count; i++) {
        bool small = story->tasks[i].step_ns < SMALL_NS;
        to->small += small;
        to->in_small += small ? (double)story->tasks[i].step_ns / running : 0;
    }
    to->longest = story->turns[0];
    snprintf(to->name, sizeof(to->name), "a callback");
    if (to->longest.task != GBX_AIO_NONE) {
        gbx_aio_name(look->trace, &story->tasks[to->longest.task], to->name, sizeof(to->name));
    }
}

static bool
gather(const gbx_look *look, gbx_finding *finding, evidence *to)
{
    gbx_aio_story *story;
    gbx_error error;
    if (!gbx_part_find(look, finding, "form", "sync", &to->sync)
        || !gbx_part_find(look, finding, "form", "async", &to->async)) {
        return false;
    }
    const gbx_aio_options options = { .turns = 1, .begin = to->async.begin, .end = to->async.end,
                                      .process_only = true };
    if (gbx_aio_tell(&story, look->trace, &options, &error) != 0) {
        gbx_finding_insufficient(finding, "no event of asyncio was recorded");
        return false;
    }
    const gbx_aio_loop_info *loop = main_loop(story);
    bool found = loop != NULL && loop->running_ns > 0 && story->turn_count > 0;
    if (found) {
        measure(look, story, loop, to);
    }
    else {
        gbx_finding_insufficient(finding, "the program runs no loop");
    }
    gbx_aio_free(story);
    return found;
}

/* ------------------------------------------------------------------- diagnosis */

typedef enum { COMPUTES, BLOCKS, SEQUENCE, PIECES, NOTHING } fault;

static const char *const fault_names[] = {
    "it computes in its steps", "it blocks in its steps", "it awaits one thing after another",
    "its pieces are too small", "none of these",
};

/* What took the time.  Shares are of the same run, so the machine's speed is not in them. */
static fault
diagnose(const evidence *it)
{
    if (it->steps > 0.5 && it->step_us > 200) {
        return it->outside > 0.5 ? BLOCKS : COMPUTES;
    }
    if (it->waits > 0.5) {
        return it->waiting_at_once <= 1 ? SEQUENCE : NOTHING;
    }
    return it->small > MANY && it->in_small < 0.5 && it->waits < 0.1 ? PIECES : NOTHING;
}

static void
quote_evidence(const gbx_look *look, gbx_finding *finding, const evidence *it)
{
    char text[640], lock[64] = "";
    if ((gbx_trace_mask(look->trace) & GBX_BIT(GIL)) != 0) {
        snprintf(lock, sizeof(lock), "               without the lock for %.0f %% of their time\n", 100 * it->outside);
    }
    int used = snprintf(text, sizeof(text),
        "the same work  synchronous %8.2f ms, asynchronous %8.2f ms\n"
        "the loop       in steps %3.0f %%, waits %3.0f %%, its own %3.0f %% of its time\n"
        "steps          %llu, %.1f us on average, the longest %.2f ms\n%s"
        "small tasks    %llu of under 50 us: in all %.0f %% of the loop's time\n"
        "timers         %llu at once, at most\n", it->sync_ms, it->async_ms, 100 * it->steps, 100 * it->waits,
        100 * it->own, (unsigned long long)it->step_count, it->step_us, (double)it->longest.ns / 1e6, lock,
        (unsigned long long)it->small, 100 * it->in_small, (unsigned long long)it->waiting_at_once);
    gbx_finding_quote(finding, text, used > 0 && (size_t)used < sizeof(text) ? (size_t)used : 0);
}

static gbx_verdict
judge(const gbx_look *look, gbx_finding *finding, fault wanted, evidence *it)
{
    if (!gather(look, finding, it)) {
        return GBX_INSUFFICIENT;
    }
    fault found = diagnose(it);
    quote_evidence(look, finding, it);
    if (found != wanted) {
        return gbx_finding_failf(finding, fault_names[wanted], "the program is mended, or has another fault",
                                 "the fault is: %s", fault_names[found]);
    }
    gbx_finding_fact(finding, "the fault is: %s", fault_names[found]);
    gbx_finding_event(finding, look, it->longest.begin, "the longest turn: %s begins a step", it->name);
    gbx_finding_event(finding, look, it->longest.end, "and ends it, %.3f ms later", (double)it->longest.ns / 1e6);
    gbx_finding_number(finding, "asynchronous against synchronous", it->async_ms / it->sync_ms, "x");
    return GBX_PASS;
}

/* --------------------------------------------------------------- the four claims */

static gbx_verdict
check_computes(const gbx_look *look, gbx_finding *finding)
{
    evidence it;
    gbx_verdict verdict = judge(look, finding, COMPUTES, &it);
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "time in steps", 100 * it.steps, "%");
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s4_computes = {
    .id = "4.6a",
    .title = "slow: a coroutine that computes",
    .sentence = "A task that computes gains nothing from a loop: its step is as long as its work, the loop never "
                "waits, and the tasks run one after another in one thread.",
    .experiments = { &slow_computes },
    .check = check_computes,
    .must_fail = {
        { &slow_computes, &in_a_process, "another process computes" },
        { &slow_computes, &slow_blocks, "its steps are long, but in them nobody computes" },
    },
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop.run_in_executor", "the way out: a pool, of processes for pure Python" },
    },
    .prediction = {
        .question = "Four sums in pure Python, gathered as four tasks. How long does it take against a plain loop?",
        .choices = {
            { "a quarter: the tasks run at the same time", "tasks are threads", "one loop is one thread" },
            { "as long, and a little longer", NULL, NULL },
            { "half: while one waits for the processor, another computes", "the processor is I/O",
              "only what is awaited can be waited for" },
        },
    },
};

static gbx_verdict
check_sequence(const gbx_look *look, gbx_finding *finding)
{
    evidence it;
    gbx_verdict verdict = judge(look, finding, SEQUENCE, &it);
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "things awaited at once", (double)it.waiting_at_once, "");
        gbx_finding_number(finding, "time spent waiting", 100 * it.waits, "%");
    }
    return verdict;
}

const gbx_claim gbx_s4_sequence = {
    .id = "4.6b",
    .title = "slow: one await after another",
    .sentence = "Awaits in a row wait in a row: the loop does nothing but wait, and there is never more than one thing "
                "to wait for.",
    .experiments = { &slow_sequence },
    .check = check_sequence,
    .must_fail = {
        { &slow_sequence, &gathered, "all are awaited at once" },
        { &slow_sequence, &slow_pieces, "nobody waits" },
    },
    .readings = { { "Lib/asyncio/tasks.py#gather", "each coroutine becomes a task, and one future stands for all" } },
};

static gbx_verdict
check_pieces(const gbx_look *look, gbx_finding *finding)
{
    evidence it;
    gbx_verdict verdict = judge(look, finding, PIECES, &it);
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "small tasks", (double)it.small, "");
        gbx_finding_number(finding, "the loop's time that is in them", 100 * it.in_small, "%");
    }
    return verdict;
}

const gbx_claim gbx_s4_pieces = {
    .id = "4.6c",
    .title = "slow: pieces too small for a task each",
    .sentence = "A task costs some microseconds to make, to queue, to run and to end; where its work is less than that, "
                "the time goes to tasks and loop, and hardly any to the work.",
    .experiments = { &slow_pieces },
    .check = check_pieces,
    .must_fail = {
        { &slow_pieces, &large_pieces, "a task for a hundred thousand numbers" },
        { &slow_pieces, &slow_sequence, "the time is spent waiting" },
    },
    .readings = { { "Modules/_asynciomodule.c#_asyncio_Task___init___impl", "a name, a context, a place in a list..." } },
};

static gbx_verdict
check_blocks(const gbx_look *look, gbx_finding *finding)
{
    evidence it;
    gbx_verdict verdict = judge(look, finding, BLOCKS, &it);
    if (verdict == GBX_PASS) {
        size_t at = gbx_part_next(&it.async, it.longest.begin, GBX_EV_GIL_RELEASE, 0);
        gbx_finding_event(finding, look, at, "inside it a C function lets go of the lock, and waits");
        gbx_finding_number(finding, "of the steps' time without the lock", 100 * it.outside, "%");
    }
    return verdict;
}

const gbx_claim gbx_s4_blocks = {
    .id = "4.6d",
    .title = "slow: a call that blocks",
    .sentence = "A library that knows nothing of asyncio waits inside the step: the lock is let go, the loop is not, "
                "and all other tasks wait with it.",
    .experiments = { &slow_blocks },
    .check = check_blocks,
    .must_fail = {
        { &slow_blocks, &asks_politely, "the answers are awaited" },
        { &slow_blocks, &slow_computes, "its steps are long, and hold the lock" },
    },
    .readings = { { "Lib/asyncio/threads.py#to_thread", "the way out, where there is no other library" } },
};
