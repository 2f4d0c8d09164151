/* See day.h. */

#include "day.h"

#include "trace.h"

#include <stdio.h>
#include <string.h>

#define HARNESS "/lab/harness.py"

enum { LEAVES = 64 };                /* calls of leave() that are followed */

typedef struct {
    gbx_l4_day *day;
    uint32_t unit, leave;            /* code ids */
    gbx_l4_step step;
    uint32_t depth;                  /* of steps: a task may step inside another's, as it is made */
    struct { uint32_t frame, task; } leaves[LEAVES];      /* whose coroutine is whose: another task may run it */
    size_t leave_count;
} walk;

static const gbx_code_info *
code_of(const gbx_part *part, uint32_t id)
{
    return id == 0 ? NULL : gbx_trace_code(part->trace, part->process, id);
}

static bool
is_of_harness(const gbx_part *part, uint32_t id, const char *name)
{
    const gbx_code_info *code = code_of(part, id);
    return code != NULL && strcmp(code->file, HARNESS) == 0 && (name == NULL || strcmp(code->name, name) == 0);
}

/* The code object of a function of the harness, as it ran in the part "warm"; 0: it did not. */
static uint32_t
own_code(const gbx_part *warm, const char *name)
{
    for (size_t at = warm->begin; (at = gbx_part_next(warm, at, GBX_EV_FRAME_PUSH, 0)) != GBX_NO_EVENT; at++) {
        const gbx_frame_edge *edge = gbx_part_record(warm, at);
        if (is_of_harness(warm, edge->code, name)) {
            return edge->code;
        }
    }
    return 0;
}

/* ---------------------------------------------------------------------- tasks */

/* The task that has this address now: the youngest. */
static gbx_l4_task *
task_at(gbx_l4_day *day, uint64_t address)
{
    for (size_t i = day->task_count; i-- > 0;) {
        if (day->tasks[i].address == address) {
            return &day->tasks[i];
        }
    }
    return NULL;
}

static void
add_task(gbx_l4_day *day, size_t at)
{
    const gbx_aio_task *record = gbx_part_record(&day->part, at);
    if (day->task_count == GBX_L4_TASKS) {
        day->too_many = true;
        return;
    }
    gbx_l4_task *task = &day->tasks[day->task_count++];
    *task = (gbx_l4_task){ .address = record->task, .born = at, .asked = GBX_NO_EVENT, .delivered = GBX_NO_EVENT,
                           .done = GBX_NO_EVENT, .swept = GBX_NO_EVENT };
    if (record->name != 0) {
        snprintf(task->name, sizeof(task->name), "%s", gbx_part_string(&day->part, record->name));
    } else {
        snprintf(task->name, sizeof(task->name), "Task-%u", record->number);
    }
    task->worker = is_of_harness(&day->part, record->code, NULL) && strncmp(task->name, "worker ", 7) == 0;
}

/* ---------------------------------------------------------------------- steps */

static void
begin_step(walk *it, size_t at)
{
    const gbx_aio_step *record = gbx_part_record(&it->day->part, at);
    gbx_l4_task *task = task_at(it->day, record->task);
    if (task != NULL) {
        task->began = task->began || (task->asked == GBX_NO_EVENT && record->h.flags != GBX_AIO_SENT_CANCELLED);
        task->steps_after += task->asked != GBX_NO_EVENT && (task->delivered != GBX_NO_EVENT
                                                             || record->h.flags == GBX_AIO_SENT_CANCELLED);
    }
    if (it->depth++ == 0) {
        it->step = (gbx_l4_step){ .begin = at, .lets_go = GBX_NO_EVENT,
                                  .task = task == NULL ? UINT32_MAX : (uint32_t)(task - it->day->tasks) };
    }
}

static void
end_step(walk *it, size_t at)
{
    if (it->depth == 0 || --it->depth != 0) {
        return;
    }
    gbx_l4_day *day = it->day;
    it->step.end = at;
    if (it->step.units > day->most.units) {
        day->most = it->step;
    }
    if (it->step.lets_go != GBX_NO_EVENT && it->step.task != UINT32_MAX && day->waiting++ == 0) {
        day->waits = it->step;
    }
}

/* --------------------------------------------------------------------- frames */

static void
push_frame(walk *it, size_t at)
{
    gbx_l4_day *day = it->day;
    uint32_t code = ((const gbx_frame_edge *)gbx_part_record(&day->part, at))->code;
    if (code == it->unit) {
        day->units++;
        it->step.units += it->depth > 0;
        if (it->depth == 0 && day->units_outside++ == 0) {
            day->unit_outside = at;
        }
    }
}

/* One of them came to its end. */
static void
end_leave(walk *it, uint32_t frame)
{
    for (size_t i = it->leave_count; i-- > 0;) {
        if (it->leaves[i].frame == frame) {
            gbx_l4_task *task = &it->day->tasks[it->leaves[i].task];
            task->left += task->delivered != GBX_NO_EVENT && task->done == GBX_NO_EVENT;
            return;
        }
    }
}

static void
pop_frame(walk *it, size_t at)
{
    gbx_l4_day *day = it->day;
    const gbx_frame_edge *edge = gbx_part_record(&day->part, at);
    if (edge->code == it->leave && edge->h.flags == GBX_POP_RETURN) {
        end_leave(it, edge->frame);
    }
}

/* leave() is called: a coroutine is made of it. */
static void
begin_leave(walk *it, size_t at)
{
    const gbx_frame_generator *made = gbx_part_record(&it->day->part, at);
    if (made->code == it->leave && it->depth > 0 && it->step.task != UINT32_MAX && it->leave_count < LEAVES) {
        it->leaves[it->leave_count].frame = made->generator;
        it->leaves[it->leave_count++].task = it->step.task;
        it->day->tasks[it->step.task].leaving++;
    }
}

/* ----------------------------------------------------------------- the walk */

static void
note_cancel(walk *it, size_t at)
{
    const gbx_aio_cancel *record = gbx_part_record(&it->day->part, at);
    gbx_l4_task *task = task_at(it->day, record->task);
    if (task != NULL && task->asked == GBX_NO_EVENT && is_of_harness(&it->day->part, record->code, "end")) {
        task->asked = at;
    } else if (task != NULL && is_of_harness(&it->day->part, record->code, "main")) {
        task->swept = at;                      // by asyncio.run(), which main() calls
    }
}

static void
note_done(walk *it, size_t at)
{
    const gbx_aio_done *record = gbx_part_record(&it->day->part, at);
    gbx_l4_task *task = record->is_task ? task_at(it->day, record->future) : NULL;
    if (task != NULL && task->done == GBX_NO_EVENT) {
        task->done = at;
        task->state = record->h.flags;
    }
}

static void
take(walk *it, size_t at)
{
    switch (gbx_part_event(&it->day->part, at)) {
        case GBX_EV_AIO_TASK_NEW: add_task(it->day, at); break;
        case GBX_EV_AIO_STEP_BEGIN: begin_step(it, at); break;
        case GBX_EV_AIO_STEP_END: end_step(it, at); break;
        case GBX_EV_AIO_CANCEL: note_cancel(it, at); break;
        case GBX_EV_AIO_DONE: note_done(it, at); break;
        case GBX_EV_FRAME_PUSH: push_frame(it, at); break;
        case GBX_EV_FRAME_POP: pop_frame(it, at); break;
        case GBX_EV_GIL_RELEASE:
            if (it->depth > 0 && it->step.lets_go == GBX_NO_EVENT) {
                it->step.lets_go = at;
            }
            break;
        case GBX_EV_FRAME_GENERATOR: begin_leave(it, at); break;
        case GBX_EV_AIO_DELIVERED: {
            gbx_l4_task *task = task_at(it->day, ((const gbx_aio_delivery *)gbx_part_record(&it->day->part, at))->task);
            if (task != NULL && task->delivered == GBX_NO_EVENT) {
                task->delivered = at;
            }
            break;
        }
        default: break;
    }
}

/* Units that were worked on outside the loop's thread: in no step, and not in this part's stream. */
static void
count_elsewhere(walk *it, const gbx_look *look)
{
    gbx_l4_day *day = it->day;
    for (size_t at = day->part.begin; at < day->part.end; at++) {
        gbx_where where = gbx_trace_where(look->trace, at);
        if (where.stream != day->part.stream && where.process == day->part.process
            && gbx_trace_event(look->trace, at) == GBX_EV_FRAME_PUSH
            && ((const gbx_frame_edge *)gbx_trace_record(look->trace, at))->code == it->unit) {
            day->units++;
            if (day->units_outside++ == 0) {
                day->unit_outside = at;
            }
        }
    }
}

bool
gbx_l4_day_read(const gbx_lab_look *look, gbx_finding *finding, gbx_l4_day *day)
{
    gbx_part warm;
    walk it = { .day = day };
    memset(day, 0, sizeof(*day));
    day->unit_outside = GBX_NO_EVENT;
    if (!gbx_part_find(look->look, finding, "part", "warm begin", &warm)
        || !gbx_part_find(look->look, finding, "part", "service begin", &day->part)) {
        return false;
    }
    it.unit = own_code(&warm, "Desk.unit");
    it.leave = own_code(&warm, "Desk.leave");
    if (it.unit == 0 || it.leave == 0) {
        gbx_finding_insufficient(finding, "the harness did not warm up: its functions are not known");
        return false;
    }
    for (size_t at = day->part.begin; at < day->part.end; at++) {
        take(&it, at);
    }
    count_elsewhere(&it, look->look);
    if (day->too_many) {
        gbx_finding_insufficient(finding, "more than %d tasks were made", GBX_L4_TASKS);
        return false;
    }
    return true;
}
