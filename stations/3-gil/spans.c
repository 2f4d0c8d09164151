/* See spans.h. */

#include "spans.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------- windows */

/* The text of the mark at a position if it has this name; NULL where it is anything else. */
static const char *
mark_text(const gbx_trace *trace, const gbx_cursor *now, const char *name)
{
    if (now->entry.record->event != GBX_EV_MARK || now->entry.record->flags != GBX_VALUE_STRING
        || gbx_trace_stream(trace, now->entry.stream)->process != 0) {
        return NULL;
    }
    const gbx_mark *mark = (const gbx_mark *)(const void *)now->entry.record;
    const char *own = gbx_trace_string(trace, 0, mark->name);
    if (own == NULL || strcmp(own, name) != 0) {
        return NULL;
    }
    return gbx_trace_string(trace, 0, (uint32_t)mark->value);
}

size_t
gbx_windows_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from,
                 gbx_window *windows, size_t most)
{
    gbx_cursor now;
    size_t count = 0;
    bool open = false;
    bool more = look->trace != NULL && gbx_trace_first(look->trace, &now);
    for (; more; more = gbx_trace_next(&now)) {
        const char *text = mark_text(look->trace, &now, name);
        if (text == NULL) {
            continue;
        }
        if (open) {
            windows[count].end = now.at;
            windows[count].end_ns = now.entry.t_ns;
            count++;
        }
        open = strcmp(text, from) == 0 && count < most;
        if (open) {
            windows[count] = (gbx_window){ .begin = now.at + 1, .begin_ns = now.entry.t_ns,
                                             .stream = now.entry.stream };
        }
    }
    if (count == 0) {
        gbx_finding_insufficient(finding, "the program does not mark the part '%s' of '%s', or does not end it",
                                 from, name);
    }
    return count;
}

const gbx_window *
gbx_windows_best(const gbx_window *windows, size_t count)
{
    const gbx_window *best = windows;
    for (size_t i = 1; i < count; i++) {
        if (windows[i].end_ns - windows[i].begin_ns < best->end_ns - best->begin_ns) {
            best = &windows[i];
        }
    }
    return best;
}

/* ------------------------------------------------------------------------ spans */

static void
keep_span(void *with, const gbx_span_of_lane *span)
{
    gbx_spans *spans = with;
    if (spans->count == spans->room) {
        size_t room = spans->room == 0 ? 1024 : spans->room * 2;
        gbx_span_of_lane *items = realloc(spans->items, room * sizeof(*items));
        if (items == NULL) {
            spans->failed = true;
            return;
        }
        spans->items = items;
        spans->room = room;
    }
    spans->items[spans->count++] = *span;
}

bool
gbx_spans_read(gbx_spans *spans, const gbx_look *look, gbx_finding *finding)
{
    gbx_cursor now;
    *spans = (gbx_spans){ .trace = look->trace };
    gbx_lanes *lanes = look->trace == NULL ? NULL : gbx_lanes_new(look->trace, keep_span, spans);
    if (lanes != NULL) {
        uint64_t last = 0;
        for (bool more = gbx_trace_first(look->trace, &now); more; more = gbx_trace_next(&now)) {
            gbx_lanes_event(lanes, &now.entry);
            last = now.entry.t_ns;
        }
        gbx_lanes_finish(lanes, last);
        gbx_lanes_free(lanes);
    }
    if (lanes == NULL || spans->failed || spans->count == 0) {
        gbx_finding_insufficient(finding, "%s", lanes == NULL || spans->failed ? "out of memory"
                                 : "not one event of the lock was recorded");
        return false;
    }
    return true;
}

void
gbx_spans_clear(gbx_spans *spans)
{
    free(spans->items);
    *spans = (gbx_spans){ 0 };
}

static uint32_t
process_of(const gbx_spans *spans, const gbx_span_of_lane *span)
{
    return gbx_trace_stream(spans->trace, span->stream)->process;
}

static bool
is_of_function(const gbx_spans *spans, const gbx_span_of_lane *span, const char *function)
{
    const gbx_code_info *info = gbx_trace_code(spans->trace, process_of(spans, span), span->code);
    return info != NULL && strcmp(info->name, function) == 0;
}

static bool
is_asked(const gbx_spans *spans, const gbx_span_of_lane *span, const gbx_spans_of *of)
{
    return (of->lanes >> span->lane & 1) != 0 && !(of->one_stream && span->stream != of->stream)
           && (!of->one_lock || (span->lock == of->lock && process_of(spans, span) == of->process))
           && (of->function == NULL || is_of_function(spans, span, of->function));
}

/* The part of a span that lies in a window; false: none. */
static bool
clip(const gbx_span_of_lane *span, const gbx_window *window, uint64_t *begin_ns, uint64_t *end_ns)
{
    *begin_ns = span->begin_ns > window->begin_ns ? span->begin_ns : window->begin_ns;
    *end_ns = span->end_ns < window->end_ns ? span->end_ns : window->end_ns;
    return *begin_ns < *end_ns;
}

uint64_t
gbx_spans_time(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of)
{
    uint64_t sum = 0, begin, end;
    for (size_t i = 0; i < spans->count; i++) {
        if (is_asked(spans, &spans->items[i], of) && clip(&spans->items[i], window, &begin, &end)) {
            sum += end - begin;
        }
    }
    return sum;
}

/* --------------------------------------------------------------------- overlaps */

/* A span begins (+1) or ends (-1). */
typedef struct {
    uint64_t t_ns;
    int step;
} edge;

/* By time; what ends at a moment ends before anything begins there. */
static int
compare_edges(const void *a, const void *b)
{
    const edge *left = a, *right = b;
    if (left->t_ns != right->t_ns) {
        return left->t_ns < right->t_ns ? -1 : 1;
    }
    return left->step - right->step;
}

/* Time of a window with at least so many threads there, or (unless it is NULL) there. */
static uint64_t
crowded(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of, const gbx_spans_of *or_of,
        int crowd)
{
    size_t count = 0;
    uint64_t begin, end, sum = 0, since = 0;
    edge *edges = malloc((2 * spans->count + 1) * sizeof(*edges));
    for (size_t i = 0; edges != NULL && i < spans->count; i++) {
        bool asked = is_asked(spans, &spans->items[i], of)
            || (or_of != NULL && is_asked(spans, &spans->items[i], or_of));
        if (asked && clip(&spans->items[i], window, &begin, &end)) {
            edges[count++] = (edge){ begin, 1 };
            edges[count++] = (edge){ end, -1 };
        }
    }
    if (count > 0) {
        qsort(edges, count, sizeof(*edges), compare_edges);
    }
    int there = 0;
    for (size_t i = 0; i < count; i++) {
        if (there >= crowd) {
            sum += edges[i].t_ns - since;
        }
        there += edges[i].step;
        since = edges[i].t_ns;
    }
    free(edges);
    return sum;
}

uint64_t
gbx_spans_overlap(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of)
{
    return crowded(spans, window, of, NULL, 2);
}

uint64_t
gbx_spans_cover(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of)
{
    return crowded(spans, window, of, NULL, 1);
}

uint64_t
gbx_spans_cover_two(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of,
                    const gbx_spans_of *or_of)
{
    return crowded(spans, window, of, or_of, 1);
}

bool
gbx_spans_pair(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of,
               gbx_span_of_lane pair[2])
{
    uint64_t best = 0, begin, end, other_begin, other_end;
    for (size_t i = 0; i < spans->count; i++) {
        const gbx_span_of_lane *one = &spans->items[i];
        if (!is_asked(spans, one, of) || !clip(one, window, &begin, &end) || end - begin <= best) {
            continue;
        }
        for (size_t j = i + 1; j < spans->count; j++) {
            const gbx_span_of_lane *two = &spans->items[j];
            if (two->stream == one->stream || !is_asked(spans, two, of)
                || !clip(two, window, &other_begin, &other_end)) {
                continue;
            }
            uint64_t from = begin > other_begin ? begin : other_begin;
            uint64_t to = end < other_end ? end : other_end;
            if (from < to && to - from > best) {
                best = to - from;
                pair[0] = *one;
                pair[1] = *two;
            }
        }
    }
    return best > 0;
}

size_t
gbx_spans_locks(const gbx_spans *spans, const gbx_window *window, gbx_held_lock *locks, size_t most)
{
    size_t count = 0;
    uint64_t begin, end;
    for (size_t i = 0; i < spans->count; i++) {
        const gbx_span_of_lane *span = &spans->items[i];
        if (span->lane != GBX_LANE_HOLDS || !clip(span, window, &begin, &end)) {
            continue;
        }
        size_t at = 0;
        while (at < count && (locks[at].lock != span->lock || locks[at].process != process_of(spans, span))) {
            at++;
        }
        if (at == count && count < most) {
            locks[count++] = (gbx_held_lock){ process_of(spans, span), span->lock, 0 };
        }
        if (at < count) {
            locks[at].held_ns += end - begin;
        }
    }
    return count;
}

size_t
gbx_spans_event(const gbx_spans *spans, uint32_t stream, uint64_t t_ns)
{
    gbx_cursor now;
    for (bool more = gbx_trace_first(spans->trace, &now); more; more = gbx_trace_next(&now)) {
        if (now.entry.t_ns == t_ns && now.entry.stream == stream
            && gbx_event_class(now.entry.record->event) == GBX_CLASS_GIL) {
            return now.at;
        }
    }
    return GBX_NO_EVENT;
}
