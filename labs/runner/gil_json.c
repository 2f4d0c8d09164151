/* The story of the lock as JSON; declared in gil_json.h. */

#include "gil_json.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *
gbx_latency_json(const gbx_latency *latency)
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

static int
most_time(const void *a, const void *b)
{
    const gbx_gil_function_sum *x = a, *y = b;
    return x->ns > y->ns ? -1 : x->ns < y->ns ? 1 : strcmp(x->name, y->name);
}

gbx_gil_function_sum *
gbx_gil_functions(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols, size_t *count)
{
    gbx_gil_function_sum *sums = calloc(story->caller_count + 1, sizeof(*sums));
    *count = 0;
    for (size_t i = 0; sums != NULL && i < story->caller_count; i++) {
        const gbx_gil_caller *caller = &story->callers[i];
        gbx_gil_function_sum *sum = &sums[*count];
        sum->known = gbx_gil_function(trace, symbols, caller->process, caller->by, sum->name,
                                      sizeof(sum->name));
        if (!sum->known && caller->by == 0) {
            snprintf(sum->name, sizeof(sum->name), "not known");
        }
        else if (!sum->known) {
            snprintf(sum->name, sizeof(sum->name), "at %#" PRIx64, caller->by);
        }
        sum->why = caller->why;
        for (size_t k = 0; k < *count; k++) {
            if (sums[k].why == sum->why && strcmp(sums[k].name, sum->name) == 0) {
                sum = &sums[k];
                break;
            }
        }
        *count += sum == &sums[*count];
        sum->times += caller->times;
        sum->ns += caller->ns;
    }
    if (sums != NULL) {
        qsort(sums, *count, sizeof(*sums), most_time);
    }
    return sums;
}

static json_t *
functions_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols)
{
    size_t count;
    json_t *array = json_array();
    gbx_gil_function_sum *sums = gbx_gil_functions(trace, story, symbols, &count);
    for (size_t i = 0; sums != NULL && i < count; i++) {
        json_array_append_new(array, json_pack("{s:s, s:b, s:s?, s:I, s:I}", "function", sums[i].name,
            "known", sums[i].known, "why", gbx_trace_label(GBX_ENUM_RELEASE, sums[i].why),
            "times", (json_int_t)sums[i].times, "ns", (json_int_t)sums[i].ns));
    }
    free(sums);
    return array;
}

json_t *
gbx_gil_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols)
{
    json_t *threads = json_array(), *waits = json_array();
    for (size_t i = 0; i < story->thread_count; i++) {
        if (story->threads[i].seen) {
            json_array_append_new(threads, thread_json(trace, &story->threads[i]));
        }
    }
    for (size_t i = 0; i < story->wait_count; i++) {
        json_array_append_new(waits, wait_json(trace, symbols, &story->waits[i]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:{s:o, s:o, s:o}}",
        "begin_ns", (json_int_t)story->begin_ns, "end_ns", (json_int_t)story->end_ns,
        "events", (json_int_t)story->events, "switches", (json_int_t)story->switches,
        "threads", threads, "waits", waits, "functions", functions_json(trace, story, symbols),
        "functions_left_out", (json_int_t)story->callers_left_out, "latency",
        "asked", gbx_latency_json(&story->asked), "blocking", gbx_latency_json(&story->blocking),
        "uncontended", gbx_latency_json(&story->uncontended));
}

bool
gbx_gil_function(const gbx_trace *trace, gbx_symbols *symbols, uint32_t process, uint64_t by, char *text,
                 size_t size)
{
    gbx_symbol symbol;
    text[0] = '\0';
    if (by == 0 || symbols == NULL || !gbx_symbols_find_anywhere(symbols, trace, process, by, &symbol)) {
        return false;
    }
    snprintf(text, size, "%s", gbx_symbol_asker(&symbol)->function);
    return true;
}
