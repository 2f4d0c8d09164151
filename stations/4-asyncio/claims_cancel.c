/* Claims 4.2a, b and c: cancel() asks, and what becomes of that.

   Experiment: cancel.py, six situations, each between marks, each with a task of its own name. */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>

static GBX_EXPERIMENT(cancels, "experiments", "cancel", ASYNCIO);
static GBX_EXPERIMENT(never_awaits, "must-fail", "never_awaits", ASYNCIO);
static GBX_EXPERIMENT(done_already, "must-fail", "done_already", ASYNCIO);
static GBX_EXPERIMENT(no_shield, "must-fail", "no_shield", ASYNCIO);
static GBX_EXPERIMENT(not_taken_back, "must-fail", "not_taken_back", ASYNCIO);
static GBX_EXPERIMENT(in_time, "must-fail", "in_time", ASYNCIO);

/* A request and what came of it; positions, GBX_NO_EVENT where there is none. */
typedef struct {
    gbx_part part;
    uint64_t task;
    size_t asked, again, delivered, back, done;
    uint8_t what;                    /* enum AIO_CANCEL */
    unsigned steps;                  /* that had begun before it */
} request;

static uint8_t
flags_at(const request *it, size_t at)
{
    return at == GBX_NO_EVENT ? UINT8_MAX : ((const gbx_head *)gbx_part_record(&it->part, at))->flags;
}

static size_t
next_of(const request *it, size_t at, uint8_t event)
{
    return at == GBX_NO_EVENT ? at : gbx_s4_next(&it->part, at, event, it->task);
}

/* The first request to a task in its part. */
static bool
find_request(const gbx_look *look, gbx_finding *finding, const char *from, const char *task, request *it)
{
    if (!gbx_s4_find(look, finding, "cancel", from, task, &it->part, &it->task)) {
        return false;
    }
    it->asked = next_of(it, it->part.begin, GBX_EV_AIO_CANCEL);
    it->what = flags_at(it, it->asked);
    it->again = next_of(it, it->asked, GBX_EV_AIO_STEP_BEGIN);
    it->delivered = next_of(it, it->asked, GBX_EV_AIO_DELIVERED);
    it->back = next_of(it, it->asked, GBX_EV_AIO_UNCANCEL);
    it->done = next_of(it, it->part.begin, GBX_EV_AIO_DONE);
    it->steps = 0;
    for (size_t at = next_of(it, it->part.begin, GBX_EV_AIO_STEP_BEGIN); at < it->asked;
         at = next_of(it, at + 1, GBX_EV_AIO_STEP_BEGIN)) {
        it->steps++;
    }
    return true;
}

/* ------------------------------------------------------------- 4.2a: where it lands */

static const struct { const char *from, *task; uint8_t what; } situations[] = {
    { "before the first step", "new", GBX_AIO_CANCEL_NOTED },
    { "at an await", "waiting", GBX_AIO_CANCEL_PASSED_ON },
    { "while it runs", "running", GBX_AIO_CANCEL_NOTED },
};

enum { SITUATIONS = sizeof(situations) / sizeof(situations[0]), RUNNING = 2 };

/* The step in which it was asked went on, up to its next await. */
static bool
went_on(const request *it)
{
    size_t still = gbx_part_next(&it->part, it->asked, GBX_EV_MARK, 0);
    size_t ends = next_of(it, it->asked, GBX_EV_AIO_STEP_END);
    return still < ends && flags_at(it, ends) == GBX_AIO_STEP_AWAITS && ends < it->again;
}

static gbx_verdict
judge_landing(gbx_finding *finding, const request *it, size_t which)
{
    const char *name = situations[which].from;
    if (it->asked == GBX_NO_EVENT || it->what != situations[which].what) {
        return gbx_finding_failf(finding, "the request is noted, or handed on to what is awaited",
                                 "the task is done already, or nobody asks it", "%s: neither", name);
    }
    if (it->again == GBX_NO_EVENT || flags_at(it, it->again) != GBX_AIO_SENT_CANCELLED) {
        return gbx_finding_failf(finding, "the next step throws CancelledError", "it is done before its next await",
                                 "%s: %s", name, it->again == GBX_NO_EVENT ? "there is no next step" : "it does not");
    }
    if (it->delivered != it->again + 1 || flags_at(it, it->done) != GBX_AIO_STATE_CANCELLED) {
        return gbx_finding_failf(finding, "it is thrown once, and the task ends as cancelled", NULL, "%s: not so", name);
    }
    if (which == RUNNING && !went_on(it)) {
        return gbx_finding_failf(finding, "the running step goes on to its next await", NULL, "%s: not so", name);
    }
    return GBX_PASS;
}

static void
quote_landings(gbx_finding *finding, const request all[SITUATIONS])
{
    char text[640], line[64];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-22s %-14s %-10s %s\n", "", "asked at", "request is",
                                   "lands in");
    for (size_t i = 0; i < SITUATIONS && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-22s %-14.14s %-10s step %u, %.1f us later\n",
                                 situations[i].from, gbx_s4_line(&all[i].part, all[i].asked, line, sizeof(line)),
                                 all[i].what == GBX_AIO_CANCEL_NOTED ? "noted" : "handed on", all[i].steps + 1,
                                 1e3 * gbx_s4_ms(&all[i].part, all[i].asked, all[i].again));
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_lands(const gbx_look *look, gbx_finding *finding)
{
    request all[SITUATIONS];
    for (size_t i = 0; i < SITUATIONS; i++) {
        if (!find_request(look, finding, situations[i].from, situations[i].task, &all[i])) {
            return GBX_INSUFFICIENT;
        }
        gbx_verdict verdict = judge_landing(finding, &all[i], i);
        if (verdict != GBX_PASS) {
            return verdict;
        }
    }
    const request *running = &all[RUNNING];
    quote_landings(finding, all);
    gbx_finding_event(finding, look, running->asked, "a task that runs is asked to end: the request is noted");
    gbx_finding_refute(finding, look, gbx_part_next(&running->part, running->asked, GBX_EV_MARK, 0),
                       "it goes on as if nothing had been");
    gbx_finding_event(finding, look, next_of(running, running->asked, GBX_EV_AIO_STEP_END),
                      "up to its next await: the future that it awaits is cancelled at once");
    gbx_finding_event(finding, look, running->again, "and its next step throws CancelledError there");
    gbx_finding_event(finding, look, all[1].asked, "a task that waits: what it awaits is asked in its place");
    gbx_finding_event(finding, look, all[1].again, "so it is woken, and throws, at the same await");
    gbx_finding_event(finding, look, all[0].again, "one that never ran: its only step throws, before its first line");
    gbx_finding_number(finding, "situations in which it lands at an await", SITUATIONS, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s4_lands = {
    .id = "4.2a",
    .title = "cancellation lands at the next await",
    .sentence = "cancel() only asks: a running step goes on, and the next step of the task throws CancelledError at "
                "the await where it is suspended; a task that never ran throws before its first line.",
    .experiments = { &cancels },
    .check = check_lands,
    .must_fail = {
        { &cancels, &never_awaits, "there is no next await" },
        { &cancels, &done_already, "whoever is asked is done" },
    },
    .readings = {
        { "Modules/_asynciomodule.c#_asyncio_Task_cancel_impl", "task_must_cancel, or cancel() of what is awaited" },
        { "Modules/_asynciomodule.c#task_step_impl", "where a noted request becomes an exception" },
        { "Lib/asyncio/tasks.py#Task.cancel", "the same with a docstring, worth reading" },
    },
    .prediction = {
        .question = "A task calls cancel() on itself and then prints a line, before its next await. What happens?",
        .choices = {
            { "CancelledError comes out of cancel(): no line", "cancel() raises",
              "it only sets a flag" },
            { "the line is printed, and the next await throws", NULL, NULL },
            { "the line is printed, and the next await waits as ever",
              "one must be asked by another", "who asks makes no difference" },
        },
    },
};

/* ------------------------------------------------------------------ 4.2b: shielded */

static gbx_verdict
check_shield(const gbx_look *look, gbx_finding *finding)
{
    request outer, inner;
    if (!find_request(look, finding, "shielded", "outer", &outer)
        || !find_request(look, finding, "shielded", "inner", &inner)) {
        return GBX_INSUFFICIENT;
    }
    if (outer.asked == GBX_NO_EVENT || outer.delivered == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the task outside is cancelled", "it is not", NULL);
    }
    if (inner.asked != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, inner.asked, "the request comes through");
        return gbx_finding_fail(finding, "nobody asks the task inside to end", "it is asked",
                                "it is awaited without a shield");
    }
    if (flags_at(&inner, inner.done) != GBX_AIO_STATE_RESULT) {
        return gbx_finding_fail(finding, "the task inside ends with a result", "it does not", NULL);
    }
    const gbx_aio_cancel *asked = gbx_part_record(&outer.part, outer.asked);
    gbx_finding_event(finding, look, outer.asked, "the task outside is asked: it hands that on to what it awaits");
    size_t future = gbx_s4_next(&outer.part, outer.asked, GBX_EV_AIO_DONE, asked->awaits);
    if (future != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, future, "which is not the task inside but shield()'s own future: cancelled");
    }
    gbx_finding_event(finding, look, outer.again, "so the task outside throws");
    gbx_finding_event(finding, look, inner.done, "the one inside was never asked, and ends with its result");
    gbx_finding_number(finding, "requests to the task inside", 0, "");
    return GBX_PASS;
}

const gbx_claim gbx_s4_shield = {
    .id = "4.2b",
    .title = "a shield is a future in between",
    .sentence = "shield() gives you a future of its own to await: cancelling cancels that one, and the task behind "
                "it is never asked and goes on.",
    .experiments = { &cancels },
    .check = check_shield,
    .must_fail = { { &cancels, &no_shield, "the task inside is awaited itself" } },
    .readings = { { "Lib/asyncio/tasks.py#shield", "outer, inner, and a callback on each" } },
};

/* ---------------------------------------------------- 4.2c: swallowed, and a timeout */

static gbx_verdict
judge_taken_back(const gbx_look *look, gbx_finding *finding, const request *it, const char *name)
{
    if (it->asked == GBX_NO_EVENT || it->delivered == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, "the request comes, and lands", "nobody asks it to end", "%s: not so", name);
    }
    const gbx_aio_delivery *landed = gbx_part_record(&it->part, it->delivered);
    if (flags_at(it, it->done) != GBX_AIO_STATE_RESULT) {
        return gbx_finding_failf(finding, "the task ends with a result all the same", NULL, "%s: not so", name);
    }
    if (it->back == GBX_NO_EVENT || it->back < it->delivered
        || ((const gbx_aio_uncancel *)gbx_part_record(&it->part, it->back))->requests != 0) {
        return gbx_finding_failf(finding, "the request is taken back, and none is left",
                                 "CancelledError is caught, and uncancel() is not called",
                                 "%s: %" PRIu32 " left", name, landed->requests);
    }
    gbx_finding_event(finding, look, it->asked, "%s: asked to end", name);
    gbx_finding_event(finding, look, it->delivered, "it lands: CancelledError is thrown");
    gbx_finding_event(finding, look, it->back, "caught, and the request is taken back: none is left");
    gbx_finding_event(finding, look, it->done, "the task ends as if nobody had asked");
    return GBX_PASS;
}

static gbx_verdict
check_swallowed(const gbx_look *look, gbx_finding *finding)
{
    request deaf, limited;
    if (!find_request(look, finding, "swallowed", "deaf", &deaf)
        || !find_request(look, finding, "with a timeout", "limited", &limited)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_taken_back(look, finding, &deaf, "swallowed");
    if (verdict != GBX_PASS) {
        return verdict;
    }
    verdict = judge_taken_back(look, finding, &limited, "with a timeout");
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "requests left after uncancel()", 0, "");
        gbx_finding_number(finding, "from the timeout's request to its landing",
                           gbx_s4_ms(&limited.part, limited.asked, limited.delivered), "ms");
        gbx_finding_observe(finding, 0);
    }
    return verdict;
}

const gbx_claim gbx_s4_swallowed = {
    .id = "4.2c",
    .title = "a request can be swallowed, and a timeout does just that",
    .sentence = "A task may catch CancelledError and go on; the request stays in its count until uncancel() takes "
                "it back, and asyncio.timeout() is a timer that asks, and takes back what it asked.",
    .experiments = { &cancels },
    .check = check_swallowed,
    .must_fail = {
        { &cancels, &not_taken_back, "it is caught, and never taken back" },
        { &cancels, &in_time, "the time is not over before the work is" },
    },
    .readings = {
        { "Lib/asyncio/timeouts.py#Timeout.__aexit__", "uncancel(), and what the exception becomes" },
        { "Lib/asyncio/timeouts.py#Timeout._on_timeout", "the timer's callback: nothing but cancel()" },
        { "Modules/_asynciomodule.c#_asyncio_Task_uncancel_impl", "the count goes down" },
    },
    .prediction = {
        .question = "Where does the CancelledError inside a block of asyncio.timeout() come from?",
        .choices = {
            { "a timer asks for it, and the block takes that back", NULL, NULL },
            { "a second task watches the clock and throws into this one", "a timeout is a task",
              "it is one timer of the loop; there is no other task" },
            { "the kernel sends a signal", "timeouts are alarms", "the loop's own timers are all there is" },
        },
    },
};
