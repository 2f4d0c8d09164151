/* The facts of lab 4: steps, and what becomes of a request to end.

   Nothing here is measured by the clock: work is counted in units, and who waits lets go of the lock. */

#include "day.h"

#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 4, UNBORN = WORKERS - 1 };

/* A whole number of the variant; 0: there is none. */
static unsigned
parameter(const gbx_lab_look *look, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(look->variant, name));
    return value < 0 || value > 1000000 ? 0 : (unsigned)value;
}

/* The workers, in order; false: there is a word in `finding`. */
static bool
find_workers(const gbx_lab_look *look, gbx_finding *finding, gbx_l4_day *day, const gbx_l4_task *workers[WORKERS])
{
    char name[16];
    if (!gbx_l4_day_read(look, finding, day)) {
        return false;
    }
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = NULL;
        snprintf(name, sizeof(name), "worker %zu", i + 1);
        for (size_t t = 0; t < day->task_count && workers[i] == NULL; t++) {
            workers[i] = day->tasks[t].worker && strcmp(day->tasks[t].name, name) == 0 ? &day->tasks[t] : NULL;
        }
        if (workers[i] == NULL) {
            gbx_finding_insufficient(finding, "there is no task '%s'", name);
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------------- answers */

static gbx_verdict
check_answers(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    const json_t *wanted = json_object_get(look->expected, "answers");
    const json_t *given = json_object_get(look->observed, "answers");
    size_t right = 0, all = json_object_size(wanted);
    const char *name;
    json_t *value;
    char first[64] = "";
    if (all == 0) {
        return gbx_finding_insufficient(finding, "the oracle has no answers");
    }
    json_object_foreach((json_t *)wanted, name, value) {
        const json_t *answer = json_object_get(given, name);
        bool same = json_is_integer(answer) && json_integer_value(answer) == json_integer_value(value);
        right += same;
        if (!same && first[0] == '\0') {
            snprintf(first, sizeof(first), "%s: %s", name, answer == NULL ? "no answer" : "another number");
        }
    }
    if (right != all) {
        *share = (double)right / (double)all;
        return gbx_finding_failf(finding, "the answer to each request, from all of its units, in their order",
                                 "the value of a request was lost on its way from one worker to the next, or the units are "
                                 "joined in another way than the task says",
                                 "%zu of %zu are right; request %s", right, all, first);
    }
    gbx_finding_fact(finding, "%zu requests, each with the oracle's answer", all);
    return GBX_PASS;
}

/* ------------------------------------------------------------------------- once */

static gbx_verdict
check_once(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    (void)share;
    if (!gbx_l4_day_read(look, finding, &day)) {
        return GBX_INSUFFICIENT;
    }
    json_int_t wanted = json_integer_value(json_object_get(look->expected, "units"));
    gbx_finding_number(finding, "units of work", day.units, "");
    if ((json_int_t)day.units != wanted) {
        return gbx_finding_failf(finding, "each unit is worked on once",
                                 (json_int_t)day.units < wanted
                                     ? "a request was not given back, so nobody finished it"
                                     : "a request was begun again from its first unit",
                                 "%u units, and the requests have %" JSON_INTEGER_FORMAT, day.units, wanted);
    }
    return GBX_PASS;
}

/* ----------------------------------------------------------------------- pieces */

static gbx_verdict
check_pieces(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    unsigned most = parameter(look, "most");
    char expected[64];
    (void)share;
    if (!gbx_l4_day_read(look, finding, &day)) {
        return GBX_INSUFFICIENT;
    }
    snprintf(expected, sizeof(expected), "at most %u units in a step", most);
    if (day.units_outside > 0) {
        gbx_finding_event(finding, look->look, day.unit_outside, "a unit of work, in no step of a task");
        return gbx_finding_failf(finding, "every unit is worked on in a step of a task, in the loop's own thread",
                                 "the work was given to a thread, or to a callback", "%u units are not",
                                 day.units_outside);
    }
    if (day.units == 0) {
        return gbx_finding_fail(finding, expected, "no unit was worked on at all", NULL);
    }
    gbx_finding_event(finding, look->look, day.most.begin, "the step with the most units begins");
    gbx_finding_event(finding, look->look, day.most.end, "and ends, %u units later", day.most.units);
    gbx_finding_number(finding, "most units in one step", day.most.units, "");
    if (day.most.units > most) {
        return gbx_finding_failf(finding, expected,
                                 "an await that has nothing to wait for does not end the step: only what suspends does",
                                 "%u units in one step", day.most.units);
    }
    return GBX_PASS;
}

/* ------------------------------------------------------------------------ short */

/* Who waits lets go of the lock, and who does that in a step has the loop wait with it.  No clock is asked: on a busy machine
   any step may take long. */
static gbx_verdict
check_short(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    (void)share;
    if (!gbx_l4_day_read(look, finding, &day)) {
        return GBX_INSUFFICIENT;
    }
    gbx_finding_number(finding, "steps that wait for something", day.waiting, "");
    if (day.waiting > 0) {
        gbx_finding_event(finding, look->look, day.waits.begin, "a step begins");
        gbx_finding_event(finding, look->look, day.waits.lets_go, "in it the lock is let go: somebody waits here");
        gbx_finding_event(finding, look->look, day.waits.end, "and only then the step ends");
        return gbx_finding_fail(finding, "no step waits for anything: the lock is kept from its beginning to its end",
                                "the lock is let go in a step",
                                "something sleeps, reads, prints or waits without an await, and the loop with it");
    }
    return GBX_PASS;
}

/* -------------------------------------------------------------------- cancelled */

static const char *
state_name(const gbx_l4_task *task)
{
    static const char *const names[] = { "still running", "ended with a result", "ended with another exception" };
    return task->done == GBX_NO_EVENT ? names[0] : task->state < GBX_COUNT(names) ? names[task->state] : "?";
}

static gbx_verdict
check_cancelled(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    const gbx_l4_task *workers[WORKERS];
    unsigned right = 0, wrong = 0;
    if (!find_workers(look, finding, &day, workers)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < WORKERS; i++) {
        const gbx_l4_task *worker = workers[i];
        bool good = worker->asked != GBX_NO_EVENT && worker->swept == GBX_NO_EVENT && worker->done != GBX_NO_EVENT
            && worker->state == GBX_AIO_STATE_CANCELLED;
        gbx_finding_event(finding, look->look, worker->asked, "%s is asked to end", worker->name);
        gbx_finding_event(finding, look->look, worker->done, "%s is done", worker->name);
        if (good) {
            right++;
        } else if (wrong++ == 0) {
            gbx_finding_failf(finding, "each worker that is asked to end is done, as cancelled",
                              "CancelledError was caught and not raised again", "%s: %s", worker->name,
                              worker->asked == GBX_NO_EVENT ? "it had ended before anybody asked" : state_name(worker));
        }
    }
    *share = (double)right / WORKERS;
    if (wrong > 0) {
        return GBX_FAIL;
    }
    gbx_finding_number(finding, "workers that ended as cancelled", right, "");
    return GBX_PASS;
}

/* ----------------------------------------------------------------------- unborn */

/* What becomes of a worker that is cancelled before its first step: the prediction's question. */
static gbx_verdict
check_unborn(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    const gbx_l4_task *workers[WORKERS];
    (void)share;
    if (!find_workers(look, finding, &day, workers)) {
        return GBX_INSUFFICIENT;
    }
    const gbx_l4_task *worker = workers[UNBORN];
    if (worker->asked == GBX_NO_EVENT || worker->began || worker->delivered == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the last worker is asked to end before its first step", "it is not", NULL);
    }
    if (worker->leaving > 0 || worker->steps_after != 1) {
        return gbx_finding_failf(finding, "its one step throws before its first line", NULL,
                                 "%u steps, and leave() is called %u times", worker->steps_after, worker->leaving);
    }
    gbx_finding_event(finding, look->look, worker->asked, "asked before it ever ran");
    gbx_finding_refute(finding, look->look, worker->delivered, "its first step throws: no line of it runs, no finally either");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

/* ----------------------------------------------------------------------- leaves */

static gbx_verdict
check_leaves(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    const gbx_l4_task *workers[WORKERS];
    unsigned right = 0, wrong = 0;
    if (!find_workers(look, finding, &day, workers)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < UNBORN; i++) {
        const gbx_l4_task *worker = workers[i];
        if (worker->leaving == 1 && worker->left == 1) {
            gbx_finding_event(finding, look->look, worker->delivered, "%s: CancelledError is thrown", worker->name);
            gbx_finding_event(finding, look->look, worker->done, "leave() has run to its end before %s ends", worker->name);
            right++;
        } else if (wrong++ == 0) {
            gbx_finding_event(finding, look->look, worker->delivered, "%s: CancelledError is thrown", worker->name);
            gbx_finding_failf(finding, "between the exception and its own end each worker runs leave() to its end, once",
                              worker->leaving == 0 ? "nothing runs on the way out: no finally, no except"
                                  : worker->left == 0 ? "leave() makes a coroutine: it runs only where it is awaited" : NULL,
                              "%s calls it %u times, and %u of these come to their end then", worker->name,
                              worker->leaving, worker->left);
        }
    }
    *share = (double)right / UNBORN;
    return wrong > 0 ? GBX_FAIL : GBX_PASS;
}

/* ----------------------------------------------------------------------- prompt */

static gbx_verdict
check_prompt(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    const gbx_l4_task *workers[WORKERS];
    unsigned limit = parameter(look, "rounds") + 2, slowest = 0;
    (void)share;
    if (!find_workers(look, finding, &day, workers)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < UNBORN; i++) {
        const gbx_l4_task *worker = workers[i];
        if (worker->delivered == GBX_NO_EVENT || worker->done == GBX_NO_EVENT || worker->swept != GBX_NO_EVENT) {
            return gbx_finding_failf(finding, "each worker that is asked to end does so", NULL, "%s: %s", worker->name,
                                     worker->delivered == GBX_NO_EVENT ? "the request never arrives" : "still running");
        }
        slowest = worker->steps_after > slowest ? worker->steps_after : slowest;
        gbx_finding_event(finding, look->look, worker->delivered, "the first of the last %u steps of %s",
                          worker->steps_after, worker->name);
    }
    gbx_finding_number(finding, "most steps from the exception to the end", slowest, "");
    if (slowest > limit) {
        char expected[80];
        snprintf(expected, sizeof(expected), "at most %u steps from the exception to the end", limit);
        return gbx_finding_failf(finding, expected, "it finishes its work first", "%u steps", slowest);
    }
    return GBX_PASS;
}

/* ------------------------------------------------------------------------ alone */

static gbx_verdict
check_alone(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_l4_day day;
    (void)share;
    if (!gbx_l4_day_read(look, finding, &day)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < day.task_count; i++) {
        const gbx_l4_task *task = &day.tasks[i];
        if (task->swept != GBX_NO_EVENT || task->done == GBX_NO_EVENT) {
            gbx_finding_event(finding, look->look, task->born, "the task is made");
            gbx_finding_event(finding, look->look, task->swept, "the day is over, and it is still there");
            return gbx_finding_fail(finding, "no task is left when the day is over", "one is",
                                    "somebody made a task and did not wait for it, or shielded it");
        }
    }
    gbx_finding_number(finding, "tasks of the day, all done", (double)day.task_count, "");
    return GBX_PASS;
}

/* ------------------------------------------------------------------- mechanisms */

/* Two events of one task: it is asked in this way, and that is delivered in that way. */
static bool
shows_delivery(const gbx_lab_look *look, const size_t *events, size_t count, uint8_t how, uint8_t why_flag, char *why,
               size_t size)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) != GBX_EV_AIO_CANCEL) {
            continue;
        }
        gbx_aio_cancel asked = *(const gbx_aio_cancel *)gbx_trace_record(trace, events[i]);
        for (size_t j = 0; j < count && asked.h.flags == how; j++) {
            if (gbx_trace_event(trace, events[j]) != GBX_EV_AIO_DELIVERED || events[j] < events[i]) {
                continue;
            }
            const gbx_aio_delivery *landed = (const void *)gbx_trace_record(trace, events[j]);
            if (landed->task == asked.task && landed->h.flags == why_flag) {
                return true;
            }
        }
    }
    snprintf(why, size, "no request and delivery of one task, '%s' and then '%s'",
             how == GBX_AIO_CANCEL_NOTED ? "noted" : "passed_on", why_flag == GBX_AIO_DELIVERY_NOTED ? "noted" : "awaited");
    return false;
}

static bool
shows_noted(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    return shows_delivery(look, events, count, GBX_AIO_CANCEL_NOTED, GBX_AIO_DELIVERY_NOTED, why, size);
}

static bool
shows_passed_on(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    return shows_delivery(look, events, count, GBX_AIO_CANCEL_PASSED_ON, GBX_AIO_DELIVERY_AWAITED, why, size);
}

/* A step whose end says that the coroutine gave the loop its turn back, not that it is done; and a later step. */
static bool
shows_turn(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) != GBX_EV_AIO_STEP_END
            || gbx_trace_record(trace, events[i])->flags != GBX_AIO_STEP_YIELDS) {
            continue;
        }
        for (size_t j = 0; j < count; j++) {
            if (events[j] > events[i] && gbx_trace_event(trace, events[j]) == GBX_EV_AIO_STEP_BEGIN) {
                return true;
            }
        }
    }
    snprintf(why, size, "no step that ends with a bare yield, and a step that begins after it");
    return false;
}

/* What the wrong ones of the list say happens nowhere in asyncio, so no event can show it. */
static bool
shows_nothing(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    snprintf(why, size, "these events show something else");
    return false;
}

static const gbx_fact_code facts[] = {
    { "answers", check_answers },     { "once", check_once },     { "pieces", check_pieces },
    { "short", check_short },         { "cancelled", check_cancelled },
    { "unborn", check_unborn },       { "leaves", check_leaves }, { "prompt", check_prompt },
    { "alone", check_alone },         { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "noted", shows_noted }, { "passed-on", shows_passed_on }, { "turn", shows_turn }, { "never", shows_nothing },
    { NULL, NULL },
};

const gbx_lab_code gbx_lab_4 = { .number = 4, .facts = facts, .mechanisms = mechanisms };
