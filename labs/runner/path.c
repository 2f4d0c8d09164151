/* The stages through which a file went in a run; declared in engine.h. */

#include "engine.h"
#include "trace.h"

#include <string.h>

/* Does the path that string `name` holds end in this file name? */
static bool
is_file(const gbx_trace *trace, size_t at, uint32_t name, const char *file)
{
    const char *path = gbx_trace_string(trace, gbx_trace_where(trace, at).process, name);
    size_t length = path == NULL ? 0 : strlen(path), tail = strlen(file);
    return length >= tail && strcmp(path + length - tail, file) == 0
        && (length == tail || path[length - tail - 1] == '/');
}

static bool
is_stage(const gbx_trace *trace, size_t at, uint8_t event, const gbx_path *path, uint8_t stage)
{
    if (gbx_trace_event(trace, at) != event) {
        return false;
    }
    const gbx_compile_stage *record = (const void *)gbx_trace_record(trace, at);
    return record->h.flags == stage && is_file(trace, at, record->name, path->file);
}

/* All occurrences of one stage of the file: each from its begin to the next end (no stage of a file
   nests in itself: nobody compiles a file while compiling it). */
static void
see_stage(const gbx_trace *trace, const gbx_path *path, gbx_stage_seen *seen)
{
    uint64_t began = 0;
    bool open = false;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        if (is_stage(trace, at, GBX_EV_COMPILE_BEGIN, path, seen->stage->stage)) {
            began = gbx_trace_where(trace, at).t_ns;
            seen->first = open || seen->times > 0 ? seen->first : at;
            open = true;
        }
        else if (open && is_stage(trace, at, GBX_EV_COMPILE_END, path, seen->stage->stage)) {
            seen->ns += gbx_trace_where(trace, at).t_ns - began;
            seen->times++;
            open = false;
        }
    }
    seen->seen = seen->times > 0;
}

size_t
gbx_path_see(const gbx_path *path, const gbx_look *look, gbx_stage_seen *seen)
{
    size_t count = 0;
    for (; count < GBX_PATH_STAGES && path->stages[count].name != NULL; count++) {
        const gbx_path_stage *stage = &path->stages[count];
        size_t first, last;
        seen[count] = (gbx_stage_seen){ .stage = stage };
        if (look->trace == NULL) {
            continue;
        }
        if (stage->moment == NULL) {
            see_stage(look->trace, path, &seen[count]);
        }
        else if (stage->moment(look, &first, &last)) {
            seen[count].seen = true;
            seen[count].times = 1;
            seen[count].first = first;
            seen[count].ns = gbx_trace_where(look->trace, last).t_ns
                - gbx_trace_where(look->trace, first).t_ns;
        }
    }
    return count;
}
