/* One event of Chrome's Trace Event Format; see chrome.h. */

#include "chrome_internal.h"

#include <inttypes.h>

void
gbx_chrome_put(gbx_chrome_writer *w, json_t *event)
{
    /* UTF-8 as it is: Perfetto shows a name's \u00e9 as six letters */
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
    if (event == NULL || fputs(w->counts->events == 0 ? "\n" : ",\n", w->to) < 0 ||
        json_dumpf(event, w->to, flags) != 0) {
        w->failed = true;
    }
    w->counts->events++;
    json_decref(event);
}

json_int_t
gbx_chrome_pid(const gbx_chrome_writer *w, uint32_t stream)
{
    uint32_t process = gbx_trace_stream(w->trace, stream)->process;
    return (json_int_t)gbx_trace_process(w->trace, process)->header->pid;
}

/* What the kernel called the thread; its number in the trace where that is not known. */
json_int_t
gbx_chrome_tid(const gbx_chrome_writer *w, uint32_t stream)
{
    const gbx_stream_info *info = gbx_trace_stream(w->trace, stream);
    return info->native_id == 0 || info->native_id > INT32_MAX
        ? (json_int_t)info->thread : (json_int_t)info->native_id;
}

const char *
gbx_chrome_thread(const gbx_chrome_writer *w, uint32_t stream, char *text, size_t size)
{
    const gbx_stream_info *info = gbx_trace_stream(w->trace, stream);
    if (info->name[0] != '\0') {
        return info->name;
    }
    snprintf(text, size, "thread %" PRIu32, info->thread);
    return text;
}

/* In microseconds, as the format has it. */
static double
us(uint64_t ns)
{
    return (double)ns / 1000;
}

json_t *
gbx_chrome_point(const gbx_chrome_writer *w, uint32_t stream, const char *name, const char *category,
                 const char *phase, uint64_t t_ns)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:f}", "name", name, "cat", category, "ph", phase,
                     "pid", gbx_chrome_pid(w, stream), "tid", gbx_chrome_tid(w, stream), "ts", us(t_ns));
}

json_t *
gbx_chrome_slice(const gbx_chrome_writer *w, uint32_t stream, const char *name, const char *category,
                 uint64_t begin_ns, uint64_t end_ns)
{
    json_t *event = gbx_chrome_point(w, stream, name, category, "X", begin_ns);
    json_object_set_new(event, "dur", json_real(us(end_ns - begin_ns)));
    return event;
}

void
gbx_chrome_name(gbx_chrome_writer *w, const char *what, json_int_t pid, json_int_t tid, const char *key,
                const char *name)
{
    gbx_chrome_put(w, json_pack("{s:s, s:s, s:I, s:I, s:f, s:{s:s}}", "name", what, "ph", "M", "pid", pid,
                                "tid", tid, "ts", 0.0, "args", key, name));
}

void
gbx_chrome_order(gbx_chrome_writer *w, json_int_t pid, json_int_t tid, json_int_t order)
{
    gbx_chrome_put(w, json_pack("{s:s, s:s, s:I, s:I, s:f, s:{s:I}}", "name", "thread_sort_index", "ph", "M",
                                "pid", pid, "tid", tid, "ts", 0.0, "args", "sort_index", order));
}
