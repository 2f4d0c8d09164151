/* The story of asyncio as JSON; see aio_json.h. */

#include "aio_json.h"

#include "aio_follow.h"
#include "aio_inside.h"
#include "gil_json.h"

static json_int_t
integer(uint64_t value)
{
    return (json_int_t)value;
}

static uint32_t
pid_of(const gbx_trace *trace, uint32_t process)
{
    return gbx_trace_process(trace, process)->header->pid;
}

static const char *
type_name(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    const gbx_type_info *info = type == 0 ? NULL : gbx_trace_type(trace, process, type);
    return info == NULL ? NULL : info->name;
}

static json_t *
place_json(const gbx_trace *trace, uint32_t process, gbx_aio_place place)
{
    char text[256];
    gbx_aio_place_text(trace, process, place, text, sizeof(text));
    return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *
loop_json(const gbx_trace *trace, const gbx_aio_loop_info *loop)
{
    json_t *object = json_pack("{s:I, s:I, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
        "pid", integer(pid_of(trace, loop->process)),
        "thread", integer(gbx_trace_stream(trace, loop->stream)->thread),
        "type", type_name(trace, loop->process, loop->type), "events", integer(loop->events),
        "running_ns", integer(loop->running_ns), "tasks", integer(loop->tasks), "steps", integer(loop->steps),
        "step_ns", integer(loop->step_ns), "callback_ns", integer(loop->callback_ns),
        "ready_to_run", gbx_latency_json(&loop->wake_to_run));
    if (object != NULL && loop->rounds_told) {
        json_object_update_new(object, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
            "rounds", integer(loop->rounds), "waits", integer(loop->waits), "select_ns", integer(loop->select_ns),
            "io_events", integer(loop->io_events), "runs", integer(loop->runs),
            "deepest_queue", integer(loop->deepest), "own_ns", integer(gbx_aio_own_ns(loop))));
    }
    return object;
}

static json_t *
task_json(const gbx_trace *trace, const gbx_aio_task_info *task)
{
    char name[256];
    json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:b, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
        "name", gbx_aio_name(trace, task, name, sizeof(name)), "coroutine", gbx_aio_coroutine(trace, task),
        "pid", integer(pid_of(trace, task->process)),
        "loop", task->loop == GBX_AIO_NONE ? (json_int_t)-1 : (json_int_t)task->loop, "born", task->born,
        "state", gbx_trace_label(GBX_ENUM_AIO_STATE, task->state), "born_ns", integer(task->born_ns),
        "done_ns", integer(task->done_ns), "steps", integer(task->steps), "step_ns", integer(task->step_ns),
        "longest_step_ns", integer(task->longest_ns), "awaits_ns", integer(task->awaits_ns),
        "ready_ns", integer(task->ready_ns), "ready_most_ns", integer(task->ready_most_ns),
        "cancel_asked", integer(task->asked), "cancel_delivered", integer(task->delivered));
    if (object != NULL) {
        json_object_set_new(object, "made", place_json(trace, task->process, task->made));
        json_object_set_new(object, "longest_step_from", place_json(trace, task->process, task->longest_from));
        json_object_set_new(object, "longest_step_to", place_json(trace, task->process, task->longest_to));
    }
    return object;
}

static json_t *
turn_json(const gbx_trace *trace, const gbx_aio_story *story, const gbx_aio_turn *turn)
{
    char name[256];
    const gbx_code_info *callback = turn->callback == 0 ? NULL
        : gbx_trace_code(trace, turn->process, turn->callback);
    json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}",
        "pid", integer(pid_of(trace, turn->process)), "t_ns", integer(turn->begin_ns), "ns", integer(turn->ns),
        "waiting", integer(turn->waiting), "from", place_json(trace, turn->process, turn->from),
        "to", place_json(trace, turn->process, turn->to));
    gbx_aio_inside inside = gbx_aio_look_inside(trace, turn);
    if (object != NULL && inside.code != 0) {
        json_object_set_new(object, "mostly_in", place_json(trace, turn->process, (gbx_aio_place){ inside.code, 0 }));
        json_object_set_new(object, "mostly_in_ns", json_integer(integer(inside.own_ns)));
    }
    if (object != NULL && inside.let_go.code != 0) {
        json_object_set_new(object, "without_the_lock_ns", json_integer(integer(inside.outside_ns)));
        json_object_set_new(object, "let_go_at", place_json(trace, turn->process, inside.let_go));
    }
    if (object != NULL && turn->task != GBX_AIO_NONE) {
        json_object_set_new(object, "task", json_string(gbx_aio_name(trace, &story->tasks[turn->task], name,
                                                                     sizeof(name))));
    }
    else if (object != NULL) {
        json_object_set_new(object, "callback", callback == NULL ? json_null() : json_string(callback->name));
    }
    return object;
}

json_t *
gbx_aio_json(const gbx_trace *trace, const gbx_aio_story *story)
{
    json_t *loops = json_array(), *tasks = json_array(), *turns = json_array();
    for (size_t i = 0; i < story->loop_count; i++) {
        json_array_append_new(loops, loop_json(trace, &story->loops[i]));
    }
    for (size_t i = 0; i < story->task_count; i++) {
        json_array_append_new(tasks, task_json(trace, &story->tasks[i]));
    }
    for (size_t i = 0; i < story->turn_count; i++) {
        json_array_append_new(turns, turn_json(trace, story, &story->turns[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:I}",
        "begin_ns", integer(story->begin_ns), "end_ns", integer(story->end_ns), "events", integer(story->events),
        "lost", integer(gbx_trace_lost(trace)), "whole", (gbx_trace_mask(trace) >> GBX_CLASS_AIO & 1) != 0,
        "loops", loops, "tasks", tasks, "turns", turns, "left_out", integer(story->left_out));
}

/* ------------------------------------------------------------------- one task */

static void
add_moment(void *with, const gbx_aio_moment *moment)
{
    json_array_append_new(with, json_pack("{s:I, s:I, s:s}", "seq", integer(moment->at),
                                          "t_ns", integer(moment->t_ns), "text", moment->text));
}

json_t *
gbx_aio_task_json(const gbx_trace *trace, const gbx_aio_story *story, size_t index)
{
    json_t *object = task_json(trace, &story->tasks[index]), *moments = json_array();
    if (object != NULL && moments != NULL) {
        gbx_aio_follow(trace, story, index, add_moment, moments);
        json_object_set_new(object, "moments", moments);
    }
    return object;
}
