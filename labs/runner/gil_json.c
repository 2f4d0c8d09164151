/* The story of the lock as JSON; declared in gil_json.h. */

#include "gil_json.h"
#include "show.h"

#include <stdio.h>

static json_t *
latency_json(const gbx_latency *latency)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "count", (json_int_t)latency->count,
        "p50_ns", (json_int_t)gbx_latency_at(latency, 0.5), "p90_ns", (json_int_t)gbx_latency_at(latency, 0.9),
        "p99_ns", (json_int_t)gbx_latency_at(latency, 0.99), "most_ns", (json_int_t)latency->most_ns,
        "mean_ns", latency->count == 0 ? 0.0 : (double)latency->sum_ns / (double)latency->count);
}

static json_t *
thread_json(const gbx_trace *trace, const gbx_gil_thread *thread)
{
    const gbx_stream_info *info = gbx_trace_stream(trace, thread->stream);
    json_t *object = json_pack("{s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
        "pid", (json_int_t)gbx_trace_process(trace, info->process)->header->pid,
        "thread", (json_int_t)info->thread, "name", info->name,
        "first_ns", (json_int_t)thread->first_ns, "last_ns", (json_int_t)thread->last_ns,
        "takes", (json_int_t)thread->takes, "asked", (json_int_t)thread->asked,
        "asks", (json_int_t)thread->asks, "timeouts", (json_int_t)thread->timeouts);
    for (unsigned lane = 0; object != NULL && lane < GBX_LANE_COUNT; lane++) {
        char key[32];
        snprintf(key, sizeof(key), "%s_ns", gbx_lane_name((gbx_lane)lane));
        json_object_set_new(object, key, json_integer((json_int_t)thread->ns[lane]));
    }
    return object;
}

/* The function's name in the executable; NULL where it is not known. */
static json_t *
function_json(const gbx_trace *trace, gbx_symbols *symbols, uint32_t process, uint64_t by)
{
    char text[256];
    return gbx_gil_function(trace, symbols, process, by, text, sizeof(text))
        ? json_string(text) : json_null();
}

static json_t *
wait_json(const gbx_trace *trace, gbx_symbols *symbols, const gbx_gil_wait_info *wait)
{
    const gbx_stream_info *info = gbx_trace_stream(trace, wait->stream);
    json_t *object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
        "pid", (json_int_t)gbx_trace_process(trace, info->process)->header->pid,
        "thread", (json_int_t)info->thread, "lock", (json_int_t)wait->lock,
        "t_ns", (json_int_t)wait->begin_ns, "ns", (json_int_t)wait->ns, "holds", (json_int_t)wait->holds,
        "at_least", wait->at_least);
    if (object != NULL && wait->holder_known) {
        char place[512];
        const char *why = gbx_trace_label(GBX_ENUM_RELEASE, wait->why);
        gbx_show_line(trace, info->process, wait->code, wait->offset, place, sizeof(place));
        json_object_set_new(object, "holder", json_pack("{s:I, s:I, s:s, s:s?, s:o}",
            "thread", (json_int_t)gbx_trace_stream(trace, wait->holder)->thread,
            "ns", (json_int_t)wait->held_ns, "place", place, "why", why,
            "function", function_json(trace, symbols, info->process, wait->by)));
    }
    return object;
}

static json_t *
caller_json(const gbx_trace *trace, gbx_symbols *symbols, const gbx_gil_caller *caller)
{
    return json_pack("{s:o, s:s?, s:I, s:I}",
        "function", function_json(trace, symbols, caller->process, caller->by),
        "why", gbx_trace_label(GBX_ENUM_RELEASE, caller->why),
        "times", (json_int_t)caller->times, "ns", (json_int_t)caller->ns);
}

json_t *
gbx_gil_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols)
{
    json_t *threads = json_array(), *waits = json_array(), *callers = json_array();
    for (size_t i = 0; i < story->thread_count; i++) {
        if (story->threads[i].seen) {
            json_array_append_new(threads, thread_json(trace, &story->threads[i]));
        }
    }
    for (size_t i = 0; i < story->wait_count; i++) {
        json_array_append_new(waits, wait_json(trace, symbols, &story->waits[i]));
    }
    for (size_t i = 0; i < story->caller_count; i++) {
        json_array_append_new(callers, caller_json(trace, symbols, &story->callers[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:{s:o, s:o, s:o}}",
        "begin_ns", (json_int_t)story->begin_ns, "end_ns", (json_int_t)story->end_ns,
        "events", (json_int_t)story->events, "switches", (json_int_t)story->switches,
        "threads", threads, "waits", waits, "functions", callers,
        "functions_left_out", (json_int_t)story->callers_left_out, "latency",
        "asked", latency_json(&story->asked), "blocking", latency_json(&story->blocking),
        "uncontended", latency_json(&story->uncontended));
}

bool
gbx_gil_function(const gbx_trace *trace, gbx_symbols *symbols, uint32_t process, uint64_t by, char *text,
                 size_t size)
{
    gbx_symbol symbol;
    text[0] = '\0';
    if (by == 0 || !gbx_symbols_find(symbols, gbx_trace_process(trace, process), by, &symbol)) {
        return false;
    }
    snprintf(text, size, "%s", gbx_symbol_asker(&symbol)->function);
    return true;
}
