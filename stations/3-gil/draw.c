/* Pictures of who did what, as text; see spans.h. */

#include "spans.h"

#include "gil_picture.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 50, MOST_ROWS = 12, PICTURE_SIZE = (MOST_ROWS + 4) * (COLUMNS * 3 + 64) };

/* What a thread is called in the picture: its own name, or that it is a process's only one. */
static void
put_label(char *text, size_t size, const gbx_trace *trace, uint32_t stream)
{
    const gbx_stream_info *info = gbx_trace_stream(trace, stream);
    if (info->process != 0) {
        snprintf(text, size, "process %u", info->process - 1);
    } else if (info->name[0] != '\0') {
        snprintf(text, size, "%.17s", info->name);
    } else {
        snprintf(text, size, "thread number %u", info->thread);
    }
}

static size_t
put_row(char *text, size_t size, const gbx_picture *picture, size_t row)
{
    static const char *const signs[GBX_LANE_COUNT] = { " ", "█", "▓", "░", "·" };
    char label[32];
    put_label(label, sizeof(label), gbx_picture_trace(picture), gbx_picture_stream(picture, row));
    size_t used = (size_t)snprintf(text, size, "%-18s", label);
    for (unsigned column = 0; column < COLUMNS && used < size; column++) {
        used += (size_t)snprintf(text + used, size - used, "%s", signs[gbx_picture_cell(picture, row, column)]);
    }
    if (used < size) {
        used += (size_t)snprintf(text + used, size - used, "\n");
    }
    return used < size ? used : size - 1;
}

/* Rows for the threads that would be seen: a thread that held or ran for less than a column has none. */
static bool
add_rows(gbx_picture *picture, const gbx_spans *spans, const gbx_window *window)
{
    uint64_t least = (window->end_ns - window->begin_ns) / COLUMNS;
    size_t streams = gbx_trace_stream_count(spans->trace);
    for (uint32_t stream = 0; stream < streams && gbx_picture_rows(picture) < MOST_ROWS; stream++) {
        const gbx_spans_of own = { .lanes = GBX_SPANS_HOLDS | GBX_SPANS_RUNS, .one_stream = true,
                                   .stream = stream };
        if (gbx_spans_time(spans, window, &own) > least && gbx_picture_add_row(picture, stream) != 0) {
            return false;
        }
    }
    return true;
}

void
gbx_spans_quote(const gbx_spans *spans, gbx_finding *finding, const gbx_window *window)
{
    char text[PICTURE_SIZE];
    size_t used = 0;
    gbx_picture *picture = gbx_picture_new(spans->trace, COLUMNS, window->begin_ns, window->end_ns);
    if (picture != NULL && add_rows(picture, spans, window)) {
        for (size_t i = 0; i < spans->count; i++) {
            gbx_picture_span(picture, &spans->items[i]);
        }
        for (size_t row = 0; row < gbx_picture_rows(picture); row++) {
            used += put_row(text + used, sizeof(text) - used, picture, row);
        }
        int last = snprintf(text + used, sizeof(text) - used, "%18s0%*.1f ms\n", "", COLUMNS - 4,
                            (double)(window->end_ns - window->begin_ns) / 1e6);
        used += last > 0 ? (size_t)last : 0;
        gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
    }
    gbx_picture_free(picture);
}
