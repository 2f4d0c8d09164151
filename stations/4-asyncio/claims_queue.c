/* Claims 4.4a and b: the loop's queue, and how long a task waits for its turn.

   Experiment: waiting.py, eight tasks that are woken at once. */

#include "claims.h"
#include "tasks.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static GBX_EXPERIMENT(waiting, "experiments", "waiting", ASYNCIO);
static GBX_EXPERIMENT(jumps, "must-fail", "jumps", ASYNCIO);
static GBX_EXPERIMENT(one_by_one, "must-fail", "one_by_one", ASYNCIO);

enum { MOST = 256, TASKS = 8 };

/* ------------------------------------------------------------- 4.4a: the queue */

/* The queue, as call_soon says it is. */
typedef struct {
    uint64_t handles[MOST];
    size_t at[MOST];                 /* of the event that put it there */
    size_t count, deepest, deepest_at;
    unsigned ran, jumped;
    size_t jumper, passed;           /* positions: of a run before its turn, and of who should have been first */
} queue;

static void
put(queue *q, uint64_t handle, size_t at)
{
    if (q->count == MOST) {
        return;
    }
    q->handles[q->count] = handle;
    q->at[q->count++] = at;
    if (q->count > q->deepest) {
        q->deepest = q->count;
        q->deepest_at = at;
    }
}

/* A handle runs; timers come into the queue unseen, and are none of its members here. */
static void
take(queue *q, uint64_t handle, size_t at)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->handles[i] != handle) {
            continue;
        }
        q->ran++;
        if (i > 0 && q->jumped++ == 0) {
            q->jumper = at;
            q->passed = q->at[0];
        }
        memmove(q->handles + i, q->handles + i + 1, (q->count - i - 1) * sizeof(q->handles[0]));
        memmove(q->at + i, q->at + i + 1, (q->count - i - 1) * sizeof(q->at[0]));
        q->count--;
        return;
    }
}

static void
drop(queue *q, uint64_t handle)
{
    for (size_t i = 0; i < q->count; i++) {
        if (q->handles[i] == handle) {
            q->handles[i] = 0;               /* it keeps its place, and is passed over */
        }
    }
    while (q->count > 0 && q->handles[0] == 0) {
        memmove(q->handles, q->handles + 1, --q->count * sizeof(q->handles[0]));
        memmove(q->at, q->at + 1, q->count * sizeof(q->at[0]));
    }
}

static void
read_queue(const gbx_part *part, queue *q)
{
    memset(q, 0, sizeof(*q));
    for (size_t at = part->begin; at < part->end; at++) {
        const void *record = gbx_part_record(part, at);
        switch (gbx_part_event(part, at)) {
            case GBX_EV_AIO_CALL_SOON: put(q, ((const gbx_aio_schedule *)record)->handle, at); break;
            case GBX_EV_AIO_READY: put(q, ((const gbx_aio_ready *)record)->handle, at); break;
            case GBX_EV_AIO_RUN_BEGIN: take(q, ((const gbx_aio_run *)record)->handle, at); break;
            case GBX_EV_AIO_HANDLE_CANCEL: drop(q, ((const gbx_aio_handle *)record)->handle); break;
            default: break;
        }
    }
}

static gbx_verdict
check_queue(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    queue q;
    if (!gbx_part_find(look, finding, "turns", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    read_queue(&part, &q);
    if (q.jumped > 0) {
        gbx_finding_event(finding, look, q.passed, "was put into the queue first");
        gbx_finding_event(finding, look, q.jumper, "and this one runs before it");
        return gbx_finding_failf(finding, "first come, first served", "the loop orders its queue in another way",
                                 "%u of %u runs out of turn", q.jumped, q.ran);
    }
    if (q.deepest < TASKS) {
        return gbx_finding_failf(finding, "a queue in which eight tasks wait", "they are woken one after another",
                                 "at most %zu", q.deepest);
    }
    const gbx_aio_schedule *deepest = gbx_part_record(&part, q.deepest_at);
    size_t first = gbx_part_next(&part, part.begin, GBX_EV_AIO_CALL_SOON, 0);
    gbx_finding_event(finding, look, first, "the first wake-up is put into the queue");
    gbx_finding_event(finding, look, q.deepest_at, "and another: that makes %u", deepest->ready);
    gbx_finding_event(finding, look, gbx_part_next(&part, q.deepest_at, GBX_EV_AIO_RUN_BEGIN, 0),
                      "the next round begins to run them, from the head of the queue");
    gbx_finding_number(finding, "runs out of turn", 0, "");
    gbx_finding_number(finding, "runs in turn", q.ran, "");
    gbx_finding_number(finding, "deepest queue", (double)q.deepest, "handles");
    return GBX_PASS;
}

const gbx_claim gbx_s4_queue = {
    .id = "4.4a",
    .title = "the queue: first come, first served",
    .sentence = "What is ready stands in one queue, in the order in which it became ready; there are no priorities, "
                "and nobody is passed over.",
    .experiments = { &waiting },
    .check = check_queue,
    .must_fail = {
        { &waiting, &jumps, "whoever is woken goes to the head" },
        { &waiting, &one_by_one, "there is never more than one" },
    },
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop._run_once", "self._ready: popleft(), as many as there were" },
        { "Lib/asyncio/base_events.py#BaseEventLoop._call_soon", "and append()" },
    },
};

/* ------------------------------------------------------- 4.4b: wake-up to turn */

typedef struct {
    size_t woken, begins;
    double waited_ms, before_ms;     /* until its turn; of that in turns of others */
    uint32_t place;
} turn;

/* Time that other tasks' steps took between two events. */
static double
others_ms(const gbx_part *part, size_t from, size_t to)
{
    double sum = 0;
    size_t begin = GBX_NO_EVENT;
    for (size_t at = from; at < to; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (event == GBX_EV_AIO_STEP_BEGIN) {
            begin = at;
        }
        else if (event == GBX_EV_AIO_STEP_END) {
            sum += gbx_s4_ms(part, begin == GBX_NO_EVENT ? from : begin, at);
            begin = GBX_NO_EVENT;
        }
    }
    return sum;
}

static bool
find_turn(const gbx_look *look, gbx_finding *finding, const gbx_part *part, const gbx_aio_story *story, unsigned number,
          turn *to)
{
    char name[16];
    snprintf(name, sizeof(name), "turn-%u", number);
    const gbx_aio_task_info *task = gbx_s4_task(look, finding, story, name);
    if (task == NULL) {
        return false;
    }
    to->woken = gbx_s4_next(part, part->begin, GBX_EV_AIO_WAKEUP, task->address);
    size_t soon = to->woken == GBX_NO_EVENT ? to->woken
        : gbx_s4_next(part, to->woken, GBX_EV_AIO_CALL_SOON, task->address);
    to->begins = soon == GBX_NO_EVENT ? soon : gbx_s4_next(part, soon, GBX_EV_AIO_STEP_BEGIN, task->address);
    if (to->begins == GBX_NO_EVENT) {
        gbx_finding_insufficient(finding, "'%s' is not woken, or never has its turn", name);
        return false;
    }
    to->place = ((const gbx_aio_schedule *)gbx_part_record(part, soon))->ready;
    to->waited_ms = gbx_s4_ms(part, to->woken, to->begins);
    to->before_ms = others_ms(part, to->woken, to->begins);
    return true;
}

static void
quote_turns(gbx_finding *finding, const turn turns[TASKS])
{
    char text[800];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-8s %14s %16s %24s\n", "", "place in queue", "waited for turn",
                                   "of that, turns of others");
    for (unsigned i = 0; i < TASKS && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "turn-%-3u %14u %13.3f ms %21.3f ms\n", i + 1,
                                 turns[i].place, turns[i].waited_ms, turns[i].before_ms);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
judge_turns(const gbx_look *look, gbx_finding *finding, const turn turns[TASKS])
{
    for (unsigned i = 1; i < TASKS; i++) {
        if (turns[i].waited_ms <= turns[i - 1].waited_ms || turns[i].place <= turns[i - 1].place) {
            return gbx_finding_failf(finding, "who stands further back waits longer", "they are not woken at once",
                                     "turn-%u waited %.3f ms at place %u, turn-%u %.3f ms at place %u", i,
                                     turns[i - 1].waited_ms, turns[i - 1].place, i + 1, turns[i].waited_ms,
                                     turns[i].place);
        }
    }
    const turn *last = &turns[TASKS - 1];
    if (last->before_ms < 0.5 * last->waited_ms) {
        return gbx_finding_failf(finding, "what the last one waits for is the others", NULL, "%.3f of %.3f ms",
                                 last->before_ms, last->waited_ms);
    }
    quote_turns(finding, turns);
    gbx_finding_event(finding, look, last->woken, "the last one is woken");
    gbx_finding_event(finding, look, turns[0].begins, "the first one has its turn");
    gbx_finding_refute(finding, look, last->begins, "and the last one, after all the others");
    gbx_finding_number(finding, "place of the last in the queue", last->place, "");
    gbx_finding_number(finding, "its wait", last->waited_ms, "ms");
    gbx_finding_number(finding, "of that, turns of others", 100 * last->before_ms / last->waited_ms, "%");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_turns(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    gbx_aio_story *story;
    turn turns[TASKS];
    bool found = true;
    if (!gbx_part_find(look, finding, "turns", "begin", &part) || !gbx_s4_story(look, finding, 0, &story)) {
        return GBX_INSUFFICIENT;
    }
    for (unsigned i = 0; found && i < TASKS; i++) {
        found = find_turn(look, finding, &part, story, i + 1, &turns[i]);
    }
    gbx_aio_free(story);
    return found ? judge_turns(look, finding, turns) : GBX_INSUFFICIENT;
}

const gbx_claim gbx_s4_turns = {
    .id = "4.4b",
    .title = "from the wake-up to the turn: the turns of all before you",
    .sentence = "A task that is woken waits for the turns of those before it in the queue, and for nothing else: its "
                "latency is their work.",
    .experiments = { &waiting },
    .check = check_turns,
    .must_fail = {
        { &waiting, &one_by_one, "each is woken when the one before it has had its turn" },
    },
    .readings = { { "Modules/_asynciomodule.c#task_wakeup", "what the handle in the queue calls" } },
    .prediction = {
        .question = "One event wakes eight tasks, each of which computes for half a millisecond. How long does the "
                    "last one wait for its turn?",
        .choices = {
            { "hardly at all: they were woken at once", "woken is running", "woken is: in the queue" },
            { "three and a half milliseconds, and a little: seven turns", NULL, NULL },
            { "half a millisecond: they run at the same time", "tasks are threads", "a loop has one thread" },
        },
    },
};
