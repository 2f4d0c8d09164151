/* The tasks of the story of asyncio, their turns, and how long they wait for them; see aio_internal.h. */

#include "aio_internal.h"

#include <stdlib.h>

/* -------------------------------------------------------------- tasks */

static bool
make_room(teller *t)
{
    size_t room = t->task_room == 0 ? 64 : t->task_room * 2;
    if (t->story->task_count < t->task_room) {
        return true;
    }
    if (t->task_room >= TASKS_MAX) {
        return false;
    }
    gbx_aio_task_info *tasks = realloc(t->story->tasks, room * sizeof(*tasks));
    t->story->tasks = tasks == NULL ? t->story->tasks : tasks;
    task_state *states = realloc(t->states, room * sizeof(*states));
    t->states = states == NULL ? t->states : states;
    if (tasks == NULL || states == NULL) {
        t->failed = true;
        return false;
    }
    t->task_room = room;
    return true;
}

static uint32_t
add_task(teller *t, const event *e, uint64_t address, uint32_t loop)
{
    if (!make_room(t)) {
        gbx_aio_table_put(&t->tasks, e->process, address, GBX_AIO_NOBODY);
        return GBX_AIO_NONE;
    }
    uint32_t index = (uint32_t)t->story->task_count++;
    t->story->tasks[index] = (gbx_aio_task_info){
        .process = e->process, .stream = e->stream, .loop = loop, .address = address, .first = e->at, .last = e->at,
        .born_ns = e->t_ns, .made.offset = GBX_NO_OFFSET,
    };
    t->states[index] = (task_state){ .stepping = false };
    gbx_aio_table_put(&t->tasks, e->process, address, index);
    gbx_aio_loop_info *of = gbx_aio_loop_at(t, loop);
    if (of != NULL) {
        of->tasks++;
    }
    return index;
}

/* The task at an address; one whose birth was missed is known from its first step on. */
static uint32_t
find_task(teller *t, const event *e, uint64_t address, bool make)
{
    uint32_t index = gbx_aio_table_find(&t->tasks, e->process, address);
    if (index == GBX_AIO_NOBODY && make && address != 0 && !t->tasks.full) {
        index = add_task(t, e, address, e->thread->loop);
    }
    if (index != GBX_AIO_NOBODY) {
        t->story->tasks[index].last = e->at;
    }
    return index;
}

/* ------------------------------------------------------------------ readiness */

static void
be_ready(teller *t, uint32_t index, uint64_t t_ns)
{
    task_state *state = &t->states[index];
    gbx_aio_task_info *task = &t->story->tasks[index];
    if (state->ready_ns != 0) {
        return;
    }
    if (state->ended_ns != 0 && t_ns + 1 > state->ended_ns) {
        task->awaits_ns += t_ns + 1 - state->ended_ns;
    }
    state->ready_ns = t_ns + 1;
    state->ended_ns = 0;
    t->ready_tasks[task->loop < LOOPS_MAX ? task->loop : 0] += task->loop < LOOPS_MAX;
}

static void
be_ready_no_more(teller *t, uint32_t index)
{
    gbx_aio_task_info *task = &t->story->tasks[index];
    if (t->states[index].ready_ns != 0 && task->loop < LOOPS_MAX && t->ready_tasks[task->loop] > 0) {
        t->ready_tasks[task->loop]--;
    }
    t->states[index].ready_ns = 0;
}

static void
see_wakeup(teller *t, const event *e)
{
    const gbx_aio_wakeup *record = (const gbx_aio_wakeup *)(const void *)e->head;
    uint32_t index = find_task(t, e, record->task, false);
    if (index == GBX_AIO_NONE) {
        return;
    }
    if (t->states[index].stepping) {
        t->states[index].woken_inside = true;
    }
    else {
        be_ready(t, index, e->t_ns);
    }
}

static void
end_wait(teller *t, const event *e, uint32_t index)
{
    task_state *state = &t->states[index];
    gbx_aio_task_info *task = &t->story->tasks[index];
    if (state->ready_ns != 0 && e->t_ns + 1 >= state->ready_ns) {
        uint64_t ns = e->t_ns + 1 - state->ready_ns;
        gbx_aio_loop_info *loop = gbx_aio_loop_at(t, task->loop);
        task->wakes++;
        task->ready_ns += ns;
        task->ready_most_ns = ns > task->ready_most_ns ? ns : task->ready_most_ns;
        if (loop != NULL) {
            gbx_latency_add(&loop->wake_to_run, ns);
        }
    }
    be_ready_no_more(t, index);
}

/* ---------------------------------------------------------------------- turns */

static void
keep_turn(teller *t, const gbx_aio_turn *turn)
{
    gbx_aio_story *story = t->story;
    size_t most = t->options->turns, at = story->turn_count;
    if (most == 0 || (at == most && story->turns[at - 1].ns >= turn->ns)) {
        return;
    }
    at -= at == most;
    for (; at > 0 && story->turns[at - 1].ns < turn->ns; at--) {
        story->turns[at] = story->turns[at - 1];
    }
    story->turns[at] = *turn;
    story->turn_count += story->turn_count < most;
}

static uint64_t
waiting_in(const teller *t, uint32_t loop)
{
    return loop < LOOPS_MAX ? t->ready_tasks[loop] : 0;
}

static void
begin_step(teller *t, const event *e)
{
    const gbx_aio_step *record = (const gbx_aio_step *)(const void *)e->head;
    stream_state *thread = e->thread;
    uint32_t index = find_task(t, e, record->task, true);
    if (thread->depth < NESTED_MAX) {
        thread->steps[thread->depth] = (open_step){
            .task = index, .begin_ns = e->t_ns, .begin = e->at, .from = { record->code, record->h.arg } };
    }
    thread->depth++;
    if (index != GBX_AIO_NONE) {
        end_wait(t, e, index);
        t->states[index].stepping = true;
        t->states[index].woken_inside = false;
        t->states[index].ended_ns = 0;
    }
}

static void
count_step(teller *t, uint32_t index, const gbx_aio_turn *turn)
{
    gbx_aio_task_info *task = &t->story->tasks[index];
    task->steps++;
    task->step_ns += turn->ns;
    if (turn->ns >= task->longest_ns) {
        task->longest_ns = turn->ns;
        task->longest_from = turn->from;
        task->longest_to = turn->to;
    }
}

static void
rest(teller *t, const event *e, uint32_t index, uint8_t how)
{
    task_state *state = &t->states[index];
    state->stepping = false;
    state->ended_ns = how == GBX_AIO_STEP_AWAITS ? e->t_ns + 1 : 0;
    if (state->woken_inside || how == GBX_AIO_STEP_YIELDS || how == GBX_AIO_STEP_BAD) {
        be_ready(t, index, e->t_ns);
    }
    state->woken_inside = false;
}

static void
end_step(teller *t, const event *e)
{
    const gbx_aio_step *record = (const gbx_aio_step *)(const void *)e->head;
    stream_state *thread = e->thread;
    if (thread->depth == 0 || thread->depth-- > NESTED_MAX) {
        return;
    }
    const open_step *step = &thread->steps[thread->depth];
    uint32_t index = find_task(t, e, record->task, true);
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, thread->loop);
    gbx_aio_turn turn = {
        .begin_ns = step->begin_ns, .ns = e->t_ns > step->begin_ns ? e->t_ns - step->begin_ns : 0,
        .begin = step->begin, .end = e->at, .process = e->process, .stream = e->stream, .loop = thread->loop,
        .task = step->task, .from = step->from, .to = { record->code, record->h.arg },
        .waiting = waiting_in(t, thread->loop),
    };
    if (step->task != index || index == GBX_AIO_NONE) {
        return;
    }
    count_step(t, index, &turn);
    rest(t, e, index, record->h.flags);
    if (loop != NULL && thread->depth == 0) {
        loop->steps++;
        loop->step_ns += turn.ns;
        thread->steps_in_run_ns += turn.ns;
        keep_turn(t, &turn);
    }
}

void
gbx_aio_begin_run(teller *t, const event *e)
{
    const gbx_aio_run *record = (const gbx_aio_run *)(const void *)e->head;
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, e->thread->loop);
    if (loop != NULL) {
        loop->runs++;
    }
    e->thread->running = record->task == 0;
    e->thread->run_ns = e->t_ns;
    e->thread->run = e->at;
    e->thread->steps_in_run_ns = 0;
    e->thread->callback = record->callback;
}

void
gbx_aio_end_run(teller *t, const event *e)
{
    stream_state *thread = e->thread;
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, thread->loop);
    uint64_t ns = e->t_ns > thread->run_ns ? e->t_ns - thread->run_ns : 0;
    if (!thread->running || loop == NULL) {
        return;
    }
    thread->running = false;
    ns = ns > thread->steps_in_run_ns ? ns - thread->steps_in_run_ns : 0;
    loop->callback_ns += ns;
    gbx_aio_turn turn = {
        .begin_ns = thread->run_ns, .ns = ns, .begin = thread->run, .end = e->at, .process = e->process,
        .stream = e->stream, .loop = thread->loop, .task = GBX_AIO_NONE, .callback = thread->callback,
        .from = { thread->callback, 0 }, .to.offset = GBX_NO_OFFSET, .waiting = waiting_in(t, thread->loop),
    };
    keep_turn(t, &turn);
}

/* ------------------------------------------------------------------ the tasks */

void
gbx_aio_see_birth(teller *t, const event *e)
{
    const gbx_aio_task *record = (const gbx_aio_task *)(const void *)e->head;
    uint32_t index = add_task(t, e, record->task, gbx_aio_find_loop(t, e, record->loop));
    if (index == GBX_AIO_NONE) {
        t->story->left_out++;
        return;
    }
    gbx_aio_task_info *task = &t->story->tasks[index];
    task->born = true;
    task->name = record->name;
    task->number = record->number;
    task->coro = record->coro;
    task->made = (gbx_aio_place){ record->code, record->h.arg };
    be_ready(t, index, e->t_ns);
}

static void
see_cancel(teller *t, const event *e)
{
    uint32_t index = find_task(t, e, ((const gbx_aio_cancel *)(const void *)e->head)->task, true);
    if (index != GBX_AIO_NONE) {
        t->story->tasks[index].asked += e->head->flags != GBX_AIO_CANCEL_IGNORED;
    }
}

static void
see_delivery(teller *t, const event *e)
{
    uint32_t index = find_task(t, e, ((const gbx_aio_delivery *)(const void *)e->head)->task, true);
    if (index != GBX_AIO_NONE) {
        t->story->tasks[index].delivered++;
    }
}

static void
see_end(teller *t, const event *e)
{
    const gbx_aio_done *record = (const gbx_aio_done *)(const void *)e->head;
    uint32_t index = find_task(t, e, record->future, false);
    if (index != GBX_AIO_NONE) {
        t->story->tasks[index].state = record->h.flags;
        t->story->tasks[index].done_ns = e->t_ns;
    }
}

static void
see_gone(teller *t, const event *e)
{
    uint64_t address = ((const gbx_aio_gone *)(const void *)e->head)->future;
    uint32_t index = find_task(t, e, address, false);
    if (index != GBX_AIO_NONE) {
        be_ready_no_more(t, index);
        gbx_aio_table_put(&t->tasks, e->process, address, GBX_AIO_NOBODY);
    }
}

/* The other events of one task. */
void
gbx_aio_see_task(teller *t, const event *e)
{
    switch (e->head->event) {
        case GBX_EV_AIO_STEP_BEGIN: begin_step(t, e); break;
        case GBX_EV_AIO_STEP_END: end_step(t, e); break;
        case GBX_EV_AIO_CANCEL: see_cancel(t, e); break;
        case GBX_EV_AIO_DELIVERED: see_delivery(t, e); break;
        case GBX_EV_AIO_DONE: see_end(t, e); break;
        case GBX_EV_AIO_WAKEUP: see_wakeup(t, e); break;
        default: see_gone(t, e); break;
    }
}
