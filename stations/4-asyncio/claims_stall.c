/* Claims 4.5a and b: a loop that is stalled.

   Experiment: stalled.py, in debug mode and not. */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

GBX_EXPERIMENT(gbx_s4_stalled, "experiments", "stalled", WITH_LOCK);
const gbx_experiment gbx_s4_stalled_debug = {
    .name = "stalled in debug mode", .program = "experiments/stalled.py", .arguments = { "debug" },
    .events = WITH_LOCK,
};
static GBX_EXPERIMENT(sleeps_well, "must-fail", "sleeps_well", WITH_LOCK);
static GBX_EXPERIMENT(high_threshold, "must-fail", "high_threshold", WITH_LOCK);
static GBX_EXPERIMENT(other_loop, "must-fail", "other_loop", WITH_LOCK);

#define STALLED_MS  100.0        /* from here on debug mode warns: loop.slow_callback_duration */

/* The longest turn of a run, if it is one of the task 'stalls'; false: there is a word in `finding`. */
static bool
find_stall(const gbx_look *look, gbx_finding *finding, gbx_aio_turn *turn)
{
    gbx_aio_story *story;
    if (!gbx_s4_story(look, finding, 1, &story)) {
        return false;
    }
    const gbx_aio_task_info *task = gbx_s4_task(look, finding, story, "stalls");
    bool found = task != NULL && story->turn_count == 1;
    if (found) {
        *turn = story->turns[0];
        if (turn->task == GBX_AIO_NONE || &story->tasks[turn->task] != task) {
            turn->ns = 0;
        }
    }
    gbx_aio_free(story);
    return found;
}

/* --------------------------------------------------------------- 4.5a: the warning */

/* "0.153", what the warning says that the step took; 0: there is none. */
static double
warned_of(const gbx_run *run)
{
    const char *at = strstr(run->err, "Executing <Task");
    const char *took = at == NULL ? NULL : strstr(at, "took ");
    return took == NULL ? 0 : strtod(took + strlen("took "), NULL);
}

static gbx_verdict
check_warning(const gbx_look *look, gbx_finding *finding)
{
    gbx_look debug = gbx_look_run(look, 1);
    gbx_aio_turn quiet, loud;
    if (!find_stall(look, finding, &quiet) || !find_stall(&debug, finding, &loud)) {
        return GBX_INSUFFICIENT;
    }
    double one = (double)quiet.ns / 1e6, two = (double)loud.ns / 1e6, warned = warned_of(&look->runs[1]);
    if (one < STALLED_MS || two < STALLED_MS) {
        return gbx_finding_failf(finding, "a step of 100 ms or more in both runs", "the sleep is awaited",
                                 "%.1f ms and %.1f ms", one, two);
    }
    if (look->runs[0].err_size != 0) {
        return gbx_finding_fail(finding, "without debug mode not a word", "something is printed", NULL);
    }
    if (warned <= 0) {
        return gbx_finding_fail(finding, "in debug mode a warning", "nothing is printed",
                                "slow_callback_duration is larger than the stall");
    }
    size_t lets_go = gbx_s4_lets_go(look, &quiet);
    gbx_finding_event(finding, look, quiet.begin, "without debug mode: a step begins");
    if (lets_go != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, lets_go, "on this line it lets go of the lock, and sleeps: the loop does not");
    }
    gbx_finding_refute(finding, look, quiet.end, "and ends %.0f ms later, and not a word is printed", one);
    gbx_finding_event(finding, &debug, loud.end, "in debug mode: the same step, %.0f ms", two);
    gbx_finding_fact(finding, "there it is printed: Executing <Task ... name='stalls' ...> took %.3f seconds", warned);
    gbx_finding_detail(finding, "%s", look->runs[1].err);
    gbx_finding_number(finding, "bytes of warning without debug mode", (double)look->runs[0].err_size, "bytes");
    gbx_finding_number(finding, "the stall without debug mode", one, "ms");
    gbx_finding_number(finding, "the stall in debug mode", two, "ms");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s4_warning = {
    .id = "4.5a",
    .title = "a stalled loop says nothing, unless it is in debug mode",
    .sentence = "A step that keeps the loop for long is warned of in debug mode alone; without it nothing is "
                "printed. The step's own events have the stall either way.",
    .experiments = { &gbx_s4_stalled, &gbx_s4_stalled_debug },
    .check = check_warning,
    .must_fail = {
        { &gbx_s4_stalled, &sleeps_well, "the sleep is awaited" },
        { &gbx_s4_stalled_debug, &high_threshold, "slow_callback_duration is ten seconds" },
    },
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop._run_once", "if self._debug: the clock is read, and compared" },
        { "Lib/asyncio/base_events.py#_format_handle", "who it is that took so long" },
    },
    .prediction = {
        .question = "A coroutine calls time.sleep(0.15). The loop is not in debug mode. What do you get to see?",
        .choices = {
            { "a warning: Executing <Task ...> took 0.150 seconds", "asyncio always warns", "in debug mode alone" },
            { "an exception from time.sleep()", "blocking calls are forbidden", "nothing forbids them" },
            { "nothing", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------------ 4.5b: who is late */

/* A timer that is set before the stall and runs after it: positions of both. */
static bool
find_late(const gbx_part *part, const gbx_aio_turn *stall, size_t *set, size_t *runs)
{
    for (size_t at = stall->begin; at-- > part->begin;) {
        if (gbx_part_event(part, at) != GBX_EV_AIO_CALL_AT) {
            continue;
        }
        uint64_t handle = ((const gbx_aio_schedule *)gbx_part_record(part, at))->handle;
        size_t next = at + 1;
        while (next < part->end && (gbx_part_event(part, next) != GBX_EV_AIO_RUN_BEGIN
               || ((const gbx_aio_run *)gbx_part_record(part, next))->handle != handle)) {
            next++;
        }
        if (next < part->end && next > stall->end) {
            *set = at;
            *runs = next;
            return true;
        }
    }
    return false;
}

static gbx_verdict
check_late(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, whole;
    gbx_aio_turn stall;
    double tick;
    size_t set, runs;
    if (!gbx_part_find(look, finding, "stall", "begin", &part) || !gbx_part_whole(look, &whole)
        || !gbx_part_number(&whole, "tick", &tick) || !find_stall(look, finding, &stall)) {
        return GBX_INSUFFICIENT;
    }
    double ms = (double)stall.ns / 1e6;
    if (ms < STALLED_MS || !find_late(&part, &stall, &set, &runs)) {
        return gbx_finding_failf(finding, "a timer of this loop that is due in the stall, and runs after it",
                                 "the sleep is awaited, or the ticks are another loop's",
                                 "the longest turn of the task is %.1f ms, and no timer waits for it", ms);
    }
    double late = gbx_s4_ms(&part, set, runs) - tick * 1e3;
    gbx_part inside = gbx_part_cut(&part, stall.begin, stall.end);
    unsigned rounds = gbx_part_count(&inside, GBX_EV_AIO_ITERATION_BEGIN, 0);
    if (late < 0.5 * ms || rounds != 0) {
        return gbx_finding_failf(finding, "no round begins in the stall, and the timer is late by what is left of it",
                                 NULL, "%u rounds, late by %.1f ms", rounds, late);
    }
    gbx_finding_event(finding, look, set, "a timer is set, %.0f ms ahead", tick * 1e3);
    gbx_finding_event(finding, look, stall.begin, "the step that stalls the loop begins");
    gbx_finding_event(finding, look, stall.end, "and ends, %.0f ms later: in it no round of the loop began", ms);
    gbx_finding_event(finding, look, runs, "only now the timer runs, %.0f ms late", late);
    gbx_finding_number(finding, "rounds of the loop during the stall", rounds, "");
    gbx_finding_number(finding, "the stall", ms, "ms");
    gbx_finding_number(finding, "the timer is late by", late, "ms");
    return GBX_PASS;
}

const gbx_claim gbx_s4_late = {
    .id = "4.5b",
    .title = "everybody else is late by the stall",
    .sentence = "While one step lasts the loop has no round: no timer fires, no file is looked at, and who was due is "
                "late by what is left of the step.",
    .experiments = { &gbx_s4_stalled },
    .check = check_late,
    .must_fail = {
        { &gbx_s4_stalled, &sleeps_well, "the sleep is awaited" },
        { &gbx_s4_stalled, &other_loop, "who ticks has a loop of its own" },
    },
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop.run_forever", "the loop is one while loop, in one thread" },
        { "Lib/selectors.py#EpollSelector.select", "where it looks at files, between rounds" },
    },
};
