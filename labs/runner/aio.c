/* The story of asyncio: the walk, and the loops; see aio.h. */

#include "aio_internal.h"

#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ the loops */

gbx_aio_loop_info *
gbx_aio_loop_at(teller *t, uint32_t index)
{
    return index < t->story->loop_count ? &t->story->loops[index] : NULL;
}

uint32_t
gbx_aio_find_loop(teller *t, const event *e, uint64_t address)
{
    uint32_t index = gbx_aio_table_find(&t->loops, e->process, address);
    if (index != GBX_AIO_NOBODY || address == 0) {
        return index;
    }
    if (t->story->loop_count == LOOPS_MAX) {
        t->story->left_out++;
        return GBX_AIO_NONE;
    }
    index = (uint32_t)t->story->loop_count++;
    t->story->loops[index] = (gbx_aio_loop_info){ .process = e->process, .stream = e->stream, .address = address };
    gbx_aio_table_put(&t->loops, e->process, address, index);
    return index;
}

/* ------------------------------------------------------------------ the loops */

static void
leave_loop(teller *t, stream_state *thread, uint64_t t_ns)
{
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, thread->loop);
    if (loop != NULL && t_ns > thread->loop_ns) {
        loop->running_ns += t_ns - thread->loop_ns;
    }
    thread->loop = GBX_AIO_NONE;
}

static void
enter_loop(teller *t, const event *e, uint64_t address)
{
    uint32_t index = gbx_aio_find_loop(t, e, address);
    if (index != e->thread->loop) {
        leave_loop(t, e->thread, e->t_ns);
        e->thread->loop = index;
        e->thread->loop_ns = e->t_ns;
    }
}

static void
see_loop(teller *t, const event *e)
{
    const gbx_aio_loop *record = (const gbx_aio_loop *)(const void *)e->head;
    if (record->h.flags == 0) {
        leave_loop(t, e->thread, e->t_ns);
        return;
    }
    enter_loop(t, e, record->loop);
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, e->thread->loop);
    if (loop != NULL) {
        loop->type = record->type;
    }
}

static void
see_depth(teller *t, uint32_t index, uint32_t depth)
{
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, index);
    if (loop != NULL && depth > loop->deepest) {
        loop->deepest = depth;
    }
}

static void
see_round(teller *t, const event *e)
{
    const gbx_aio_iteration *record = (const gbx_aio_iteration *)(const void *)e->head;
    enter_loop(t, e, record->loop);
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, e->thread->loop);
    if (loop != NULL) {
        loop->rounds++;
        loop->rounds_told = true;
        see_depth(t, e->thread->loop, record->ready);
    }
}

static void
see_select(teller *t, const event *e)
{
    const gbx_aio_select *record = (const gbx_aio_select *)(const void *)e->head;
    gbx_aio_loop_info *loop = gbx_aio_loop_at(t, e->thread->loop);
    if (loop == NULL) {
        return;
    }
    double per_tick = gbx_trace_process(t->trace, e->process)->ns_per_tick;
    double ns = (double)record->wait * per_tick, room = (double)(e->t_ns - e->thread->loop_ns);
    loop->select_ns += ns > 0 && ns < room ? (uint64_t)ns : ns > 0 ? (uint64_t)room : 0;
    loop->waits += record->timeout != 0;
    loop->io_events += record->events > 0 ? (uint64_t)record->events : 0;
}

/* -------------------------------------------------------------------- the walk */

static void
see_event(teller *t, const event *e)
{
    switch (e->head->event) {
        case GBX_EV_AIO_LOOP: see_loop(t, e); break;
        case GBX_EV_AIO_TASK_NEW: gbx_aio_see_birth(t, e); break;
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END: case GBX_EV_AIO_CANCEL:
        case GBX_EV_AIO_DELIVERED: case GBX_EV_AIO_DONE: case GBX_EV_AIO_WAKEUP: case GBX_EV_AIO_GONE:
            gbx_aio_see_task(t, e);
            break;
        case GBX_EV_AIO_CALL_SOON:
            see_depth(t, e->thread->loop, ((const gbx_aio_schedule *)(const void *)e->head)->ready);
            break;
        case GBX_EV_AIO_READY:
            see_depth(t, e->thread->loop, ((const gbx_aio_ready *)(const void *)e->head)->ready);
            break;
        case GBX_EV_AIO_RUN_BEGIN: gbx_aio_begin_run(t, e); break;
        case GBX_EV_AIO_RUN_END: gbx_aio_end_run(t, e); break;
        case GBX_EV_AIO_ITERATION_BEGIN: see_round(t, e); break;
        case GBX_EV_AIO_SELECT: see_select(t, e); break;
        default: break;
    }
}

static bool
wanted(const teller *t, const gbx_entry *entry, uint32_t process)
{
    uint8_t id = entry->record->event;
    return id >= GBX_EV_AIO_LOOP && id <= GBX_EV_AIO_ITERATION_END
        && (!t->options->process_only || process == t->options->process);
}

static void
walk(teller *t)
{
    gbx_aio_story *story = t->story;
    size_t count, at = t->options->begin, most = t->options->end == 0 ? SIZE_MAX : t->options->end;
    const gbx_entry *entries = gbx_trace_entries(t->trace, at, &count);
    for (; count > 0 && at < most && !t->failed; entries = gbx_trace_entries(t->trace, at, &count)) {
        for (size_t i = 0; i < count && at + i < most; i++) {
            uint32_t process = gbx_trace_stream(t->trace, entries[i].stream)->process;
            if (!wanted(t, &entries[i], process)) {
                continue;
            }
            const event e = { entries[i].record, entries[i].t_ns, at + i, process, entries[i].stream,
                              &t->streams[entries[i].stream] };
            story->begin_ns = story->events == 0 ? e.t_ns : story->begin_ns;
            story->end_ns = e.t_ns > story->end_ns ? e.t_ns : story->end_ns;
            story->events++;
            see_event(t, &e);
            gbx_aio_loop_info *loop = gbx_aio_loop_at(t, e.thread->loop);
            if (loop != NULL) {
                loop->events++;
            }
        }
        at += count;
    }
    for (size_t i = 0; i < gbx_trace_stream_count(t->trace); i++) {
        leave_loop(t, &t->streams[i], story->end_ns);
    }
}

static bool
make(teller *t)
{
    size_t streams = gbx_trace_stream_count(t->trace);
    t->story = calloc(1, sizeof(*t->story));
    t->streams = calloc(streams + 1, sizeof(*t->streams));
    if (t->story == NULL || t->streams == NULL) {
        return false;
    }
    for (size_t i = 0; i < streams; i++) {
        t->streams[i].loop = GBX_AIO_NONE;
    }
    t->story->loops = calloc(LOOPS_MAX, sizeof(*t->story->loops));
    t->story->turns = calloc(t->options->turns + 1, sizeof(*t->story->turns));
    return t->story->loops != NULL && t->story->turns != NULL;
}

int
gbx_aio_tell(gbx_aio_story **out, const gbx_trace *trace, const gbx_aio_options *options, gbx_error *error)
{
    teller t = { .trace = trace, .options = options };
    int status = 0;
    *out = NULL;
    if (!make(&t)) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    else {
        walk(&t);
        status = t.failed ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
            : t.story->events == 0 ? gbx_error_set(error, GBX_ERROR_MISSING, "the trace has no event of class aio: "
                                                   "record it with -e aio") : 0;
    }
    free(t.streams);
    free(t.states);
    gbx_aio_table_clear(&t.tasks);
    gbx_aio_table_clear(&t.loops);
    if (status != 0) {
        gbx_aio_free(t.story);
        return status;
    }
    *out = t.story;
    return 0;
}

void
gbx_aio_free(gbx_aio_story *story)
{
    if (story != NULL) {
        free(story->loops);
        free(story->tasks);
        free(story->turns);
        free(story);
    }
}

/* ----------------------------------------------------------------------- words */

const char *
gbx_aio_name(const gbx_trace *trace, const gbx_aio_task_info *task, char *text, size_t size)
{
    const char *given = task->name == 0 ? NULL : gbx_trace_string(trace, task->process, task->name);
    if (given != NULL) {
        snprintf(text, size, "%s", given);
        gbx_text_mend(text);
    }
    else if (task->number != 0) {
        snprintf(text, size, "Task-%" PRIu32, task->number);
    }
    else {
        snprintf(text, size, "a task");
    }
    return text;
}

const char *
gbx_aio_coroutine(const gbx_trace *trace, const gbx_aio_task_info *task)
{
    const gbx_code_info *code = task->coro == 0 ? NULL : gbx_trace_code(trace, task->process, task->coro);
    return code == NULL ? "?" : code->name;
}

uint64_t
gbx_aio_own_ns(const gbx_aio_loop_info *loop)
{
    uint64_t others = loop->step_ns + loop->callback_ns + loop->select_ns;
    return !loop->rounds_told || loop->running_ns < others ? 0 : loop->running_ns - others;
}
