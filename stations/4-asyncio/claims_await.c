/* Claims 4.1a and b: from an await to the callback.

   Experiment: awaits.py, with the tasks in C and with those in Python. */

#include "claims.h"
#include "tasks.h"
#include "aio_diagram.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

GBX_EXPERIMENT(gbx_s4_awaits, "experiments", "awaits", ASYNCIO);
static const gbx_experiment awaits_in_python = {
    .name = "awaits in Python", .program = "experiments/awaits.py", .arguments = { "python" }, .events = ASYNCIO,
};
static GBX_EXPERIMENT(done_before, "must-fail", "done_before", ASYNCIO);
static GBX_EXPERIMENT(polls, "must-fail", "polls", ASYNCIO);
static GBX_EXPERIMENT(eager, "must-fail", "eager", ASYNCIO);

/* ------------------------------------------------------------- 4.1a: the order */

static unsigned
rounds_between(const gbx_part *part, size_t from, size_t to)
{
    return gbx_part_count(&(gbx_part){ part->look, part->trace, from, to, part->stream, part->process, NULL },
                          GBX_EV_AIO_ITERATION_BEGIN, 0);
}

static bool
is_in_order(const gbx_aio_await *it)
{
    return it->begin < it->end && it->end < it->done && it->done < it->wakeup && it->wakeup < it->soon
        && it->soon < it->run && it->run < it->again && it->again != GBX_AIO_NO_EVENT;
}

static void
show_order(const gbx_look *look, gbx_finding *finding, const gbx_aio_await *it, size_t setter_ends)
{
    gbx_finding_event(finding, look, it->begin, "a step of the waiter begins");
    gbx_finding_event(finding, look, it->end, "it awaits a future, which is given its wake-up; the step ends here");
    gbx_finding_event(finding, look, it->done, "another task sets the result");
    gbx_finding_event(finding, look, it->soon, "so the future hands the wake-up to the loop, which puts it into its queue");
    gbx_finding_refute(finding, look, setter_ends, "the setter goes on all the same, and ends its step first");
    gbx_finding_event(finding, look, it->run, "in the next round the loop runs the wake-up");
    gbx_finding_event(finding, look, it->again, "and that is the waiter's next step: it has the result from the future");
}

static gbx_verdict
judge_order(const gbx_look *look, gbx_finding *finding, const gbx_part *part, const gbx_aio_task_info *task,
            const gbx_aio_await *it)
{
    char text[4096];
    if (!is_in_order(it)) {
        return gbx_finding_fail(finding, "the chain from the await to the next step", "it has a gap, or another order",
                                NULL);
    }
    const gbx_aio_step *again = gbx_part_record(part, it->again);
    unsigned rounds = rounds_between(part, it->soon, it->run);
    size_t setter_ends = gbx_part_next(part, it->wakeup, GBX_EV_AIO_STEP_END, 0);
    if (again->h.flags != GBX_AIO_SENT_NONE) {
        return gbx_finding_fail(finding, "the next step sends None", "it does something else", NULL);
    }
    if (rounds != 1 || setter_ends == GBX_NO_EVENT || setter_ends > it->run) {
        return gbx_finding_failf(finding, "the setter's step ends first, and the waiter runs in the next round",
                                 NULL, "%u rounds later", rounds);
    }
    gbx_finding_quote(finding, text, gbx_aio_diagram(look->trace, task, it, text, sizeof(text)));
    show_order(look, finding, it, setter_ends);
    gbx_finding_number(finding, "rounds from the wake-up to the step", rounds, "");
    gbx_finding_number(finding, "from the result to the step", gbx_s4_ms(part, it->done, it->again) * 1e3, "us");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

static gbx_verdict
check_order(const gbx_look *look, gbx_finding *finding)
{
    gbx_aio_story *story;
    gbx_part part;
    gbx_aio_await it;
    if (!gbx_part_find(look, finding, "await", "begin", &part) || !gbx_s4_story(look, finding, 0, &story)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = GBX_INSUFFICIENT;
    const gbx_aio_task_info *task = gbx_s4_task(look, finding, story, "waiter");
    if (task != NULL && !gbx_aio_find_await(look->trace, task, 1, &it)) {
        verdict = gbx_finding_fail(finding, "the waiter's step ends in an await, and something wakes it",
                                   "nothing ever wakes it", "the future was done before, or is never awaited");
    }
    else if (task != NULL) {
        verdict = judge_order(look, finding, &part, task, &it);
    }
    gbx_aio_free(story);
    return verdict;
}

const gbx_claim gbx_s4_order = {
    .id = "4.1a",
    .title = "from an await to the next step",
    .sentence = "An await of a future that is not done ends the task's step; when the result is set, the future "
                "hands a wake-up to the loop, and a round later that is the next step.",
    .experiments = { &gbx_s4_awaits },
    .check = check_order,
    .must_fail = {
        { &gbx_s4_awaits, &done_before, "the future is done before it is awaited" },
        { &gbx_s4_awaits, &polls, "the waiter asks again and again, and awaits nothing" },
    },
    .readings = {
        { "Modules/_asynciomodule.c#task_step_handle_result_impl", "what is yielded is a future: it gets the wake-up" },
        { "Modules/_asynciomodule.c#future_schedule_callbacks", "the result is set: each callback goes to call_soon" },
        { "Modules/_asynciomodule.c#task_step_impl", "the next step: send, or throw" },
        { "Lib/asyncio/base_events.py#BaseEventLoop._run_once", "only what was in the queue as the round began is run" },
    },
    .prediction = {
        .question = "Task A awaits a future. Task B sets its result, and goes on for a while. When does A go on?",
        .choices = {
            { "at once, inside set_result()", "setting a result runs who waits for it",
              "set_result() only puts a wake-up into the loop's queue" },
            { "in the same round, as soon as B awaits something", "the queue is run until it is empty",
              "a round runs what was in the queue as it began, and no more" },
            { "in the loop's next round", NULL, NULL },
            { "when the selector sees that the future is ready", "futures are files",
              "the selector knows of files alone; the result goes by the queue" },
        },
    },
};

/* ---------------------------------------------------- 4.1b: the same in Python */

enum { MOST_EVENTS = 512, MOST_NAMES = 128 };

/* An event without addresses: they are numbered as they come by. */
typedef struct {
    uint8_t event, flags;
    uint16_t who, other;
    size_t at;
} plain;

typedef struct {
    uint64_t names[MOST_NAMES];
    size_t name_count, count;
    plain events[MOST_EVENTS];
} sequence;

static uint16_t
number_of(sequence *in, uint64_t address, bool born)
{
    for (size_t i = in->name_count; address != 0 && !born && i-- > 0;) {
        if (in->names[i] == address) {
            return (uint16_t)(i + 1);
        }
    }
    if (address == 0 || in->name_count == MOST_NAMES) {
        return 0;
    }
    in->names[in->name_count++] = address;
    return (uint16_t)in->name_count;
}

/* Whom it is about, and who else is in it; false: it is left out. */
static bool
whom(const gbx_head *head, uint64_t *who, uint64_t *other)
{
    const void *record = head;
    *other = 0;
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW: *who = ((const gbx_aio_task *)record)->task; return true;
        case GBX_EV_AIO_FUTURE_NEW: *who = ((const gbx_aio_future *)record)->future; return true;
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END:
            *who = ((const gbx_aio_step *)record)->task;
            *other = ((const gbx_aio_step *)record)->other;
            return true;
        case GBX_EV_AIO_CANCEL: *who = ((const gbx_aio_cancel *)record)->task; return true;
        case GBX_EV_AIO_DELIVERED: *who = ((const gbx_aio_delivery *)record)->task; return true;
        case GBX_EV_AIO_DONE: *who = ((const gbx_aio_done *)record)->future; return true;
        case GBX_EV_AIO_WAKEUP:
            *who = ((const gbx_aio_wakeup *)record)->task;
            *other = ((const gbx_aio_wakeup *)record)->future;
            return true;
        case GBX_EV_AIO_CALLBACK: *who = ((const gbx_aio_callback *)record)->future; return true;
        case GBX_EV_AIO_CALL_SOON:
            *who = ((const gbx_aio_schedule *)record)->handle;
            *other = ((const gbx_aio_schedule *)record)->task;
            return true;
        case GBX_EV_AIO_RUN_BEGIN:
            *who = ((const gbx_aio_run *)record)->handle;
            *other = ((const gbx_aio_run *)record)->task;
            return true;
        case GBX_EV_AIO_RUN_END: *who = ((const gbx_aio_run_end *)record)->handle; return true;
        case GBX_EV_AIO_ITERATION_BEGIN: case GBX_EV_AIO_ITERATION_END: case GBX_EV_AIO_SELECT:
            *who = 0;
            return true;
        default: return false;
    }
}

static bool
is_birth(uint8_t event)
{
    return event == GBX_EV_AIO_TASK_NEW || event == GBX_EV_AIO_FUTURE_NEW || event == GBX_EV_AIO_CALL_SOON;
}

static void
read_sequence(const gbx_part *part, sequence *to)
{
    uint64_t who, other;
    memset(to, 0, sizeof(*to));
    for (size_t at = part->begin; at < part->end && to->count < MOST_EVENTS; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (gbx_event_class(event) != GBX_CLASS_AIO || !whom(gbx_part_record(part, at), &who, &other)) {
            continue;
        }
        bool implementation = event == GBX_EV_AIO_TASK_NEW || event == GBX_EV_AIO_FUTURE_NEW;
        to->events[to->count++] = (plain){
            .event = event, .at = at, .who = number_of(to, who, is_birth(event)), .other = number_of(to, other, false),
            .flags = implementation ? 0 : ((const gbx_head *)gbx_part_record(part, at))->flags,
        };
    }
}

static bool
is_same(const plain *a, const plain *b)
{
    return a->event == b->event && a->flags == b->flags && a->who == b->who && a->other == b->other;
}

/* Which of the two implementations made a task of the part; true: the one in C. */
static bool
made_in_c(const gbx_part *part)
{
    size_t at = gbx_part_next(part, part->begin, GBX_EV_AIO_TASK_NEW, 0);
    return at != GBX_NO_EVENT && ((const gbx_head *)gbx_part_record(part, at))->flags == GBX_AIO_IMPL_C;
}

static gbx_verdict
compare(gbx_finding *finding, const gbx_part *c, const gbx_part *python)
{
    sequence one, two;
    read_sequence(c, &one);
    read_sequence(python, &two);
    size_t same = 0;
    while (same < one.count && same < two.count && is_same(&one.events[same], &two.events[same])) {
        same++;
    }
    if (same < one.count || same < two.count) {
        if (same < one.count) {
            gbx_finding_event(finding, c->look, one.events[same].at, "the one in C: event %zu", same + 1);
        }
        if (same < two.count) {
            gbx_finding_event(finding, python->look, two.events[same].at, "the other one: event %zu", same + 1);
        }
        return gbx_finding_failf(finding, "both have the same events in the same order", "their tasks are not alike",
                                 "%zu are the same, then they differ", same);
    }
    gbx_finding_fact(finding, "%zu events of asyncio are the same in both, in kind, outcome, order and whom they are "
                     "about", same);
    gbx_finding_number(finding, "events that differ", 0, "");
    return GBX_PASS;
}

static gbx_verdict
check_same(const gbx_look *look, gbx_finding *finding)
{
    gbx_look other = gbx_look_run(look, 1);
    gbx_part c, python;
    if (!gbx_part_find_span(look, finding, "await", "begin", "more", &c)
        || !gbx_part_find_span(&other, finding, "await", "begin", "more", &python)) {
        return GBX_INSUFFICIENT;
    }
    if (!made_in_c(&c) || made_in_c(&python)) {
        return gbx_finding_fail(finding, "tasks in C, and then tasks in Python", "tasks of one kind",
                                "the module _asyncio was there, or was not");
    }
    gbx_verdict verdict = compare(finding, &c, &python);
    if (verdict == GBX_PASS) {
        size_t at = gbx_part_next(&c, c.begin, GBX_EV_AIO_STEP_BEGIN, 0);
        gbx_finding_event(finding, look, at, "a step of a task in C");
        at = gbx_part_next(&python, python.begin, GBX_EV_AIO_STEP_BEGIN, 0);
        gbx_finding_event(finding, &other, at, "the same step in Python: read on there");
    }
    return verdict;
}

const gbx_claim gbx_s4_same = {
    .id = "4.1b",
    .title = "the tasks in Python do the same",
    .sentence = "Tasks and futures exist twice, in C for speed and in Python to be read; a program has the same "
                "events in the same order with either.",
    .experiments = { &gbx_s4_awaits, &awaits_in_python },
    .check = check_same,
    .must_fail = {
        { &awaits_in_python, &gbx_s4_awaits, "both are in C" },
        { &gbx_s4_awaits, &eager, "tasks in C that make their first step at once" },
    },
    .readings = {
        { "Lib/asyncio/tasks.py#Task.__step_run_and_handle_result", "task_step_impl once more, to be read in Python" },
        { "Lib/asyncio/futures.py#Future.__schedule_callbacks", "and future_schedule_callbacks" },
    },
};
