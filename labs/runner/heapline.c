/* See heapline.h. */

#include "heapline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS 8192u              /* at the heap in all, at most: enough to see its peaks */

/* ------------------------------------------------------------------------- rows */

uint64_t
gbx_heapline_now(const gbx_heap *heap, unsigned row)
{
    const gbx_heap_sums *sums = gbx_heap_sum(heap);
    if (row < GBX_HEAP_CLASSES) {
        return sums->blocks[row] * gbx_heap_block_size(row);
    }
    if (row < GBX_HEAPLINE_POOLED) {
        return sums->bytes_below[row - GBX_HEAPLINE_POWERS];
    }
    return row == GBX_HEAPLINE_POOLED ? sums->pooled_bytes : gbx_heap_arenas(heap) * (uint64_t)GBX_HEAP_ARENA;
}

const char *
gbx_heapline_name(unsigned row, char *text, size_t size)
{
    unsigned power = row - GBX_HEAPLINE_POWERS;
    if (row < GBX_HEAP_CLASSES) {
        snprintf(text, size, "%" PRIu32, gbx_heap_block_size(row));
    }
    else if (row >= GBX_HEAPLINE_POOLED) {
        snprintf(text, size, "%s", row == GBX_HEAPLINE_POOLED ? "pools" : "arenas");
    }
    else if (power < 10) {
        snprintf(text, size, "<=%u", 1u << power);
    }
    else {
        snprintf(text, size, "<=%u %c", 1u << power % 10, "KMG"[power / 10 - 1]);
    }
    return text;
}

/* ----------------------------------------------------------------------- shares */

static void
share_pool(gbx_heap_shares *out, const gbx_heap_pool *pool)
{
    if (pool->blocks == 0) {
        out->unused += GBX_HEAP_POOL;
        return;
    }
    uint32_t size = gbx_heap_block_size(pool->size_class);
    out->used += (uint64_t)pool->blocks * size;
    out->free += (uint64_t)(gbx_heap_capacity(pool->size_class) - pool->blocks) * size;
}

gbx_heap_shares
gbx_heap_share(const gbx_heap *heap)
{
    gbx_heap_shares out = { .arenas = gbx_heap_arenas(heap) * (uint64_t)GBX_HEAP_ARENA };
    for (size_t i = 0; i < gbx_heap_arenas(heap); i++) {
        const gbx_heap_arena *arena = gbx_heap_arena_at(heap, i);
        for (uint32_t p = 0; p < arena->pools; p++) {
            share_pool(&out, &arena->pool[p]);
        }
    }
    out.overhead = out.arenas - out.used - out.free - out.unused;
    return out;
}

/* ----------------------------------------------------------------------- replay */

typedef struct {
    const gbx_trace *trace;
    const gbx_heapline_options *options;
    gbx_heapline *line;
    size_t end;                  /* position behind the last event that counts */
    uint64_t times;              /* how many different times the events have */
    bool found;                  /* the mark */
} replay;

static bool
is_mark(const replay *it, const gbx_entry *event)
{
    if (it->options->mark == NULL || event->record->event != GBX_EV_MARK) {
        return false;
    }
    const gbx_mark *mark = (const gbx_mark *)(const void *)event->record;
    const char *name = gbx_trace_string(it->trace, it->options->process, mark->name);
    if (name == NULL || strcmp(name, it->options->mark) == 0) {
        return name != NULL;
    }
    size_t length = strlen(name);
    if (mark->h.flags != GBX_VALUE_STRING || strncmp(name, it->options->mark, length) != 0
        || it->options->mark[length] != '=') {
        return false;
    }
    const char *value = gbx_trace_string(it->trace, it->options->process, (uint32_t)mark->value);
    return value != NULL && strcmp(value, it->options->mark + length + 1) == 0;
}

static void
note_time(replay *it, uint64_t t_ns)
{
    gbx_heapline *line = it->line;
    it->times += line->events == 0 || t_ns != line->end_ns;
    line->begin_ns = line->events == 0 || t_ns < line->begin_ns ? t_ns : line->begin_ns;
    line->end_ns = line->events == 0 || t_ns > line->end_ns ? t_ns : line->end_ns;
}

/* How far to go, and from when to when that is. */
static void
find_end(replay *it)
{
    gbx_cursor at;
    gbx_heapline *line = it->line;
    for (bool more = gbx_trace_first(it->trace, &at); more; more = gbx_trace_next(&at)) {
        if (gbx_trace_stream(it->trace, at.entry.stream)->process != it->options->process) {
            continue;
        }
        if (gbx_event_class(at.entry.record->event) == GBX_CLASS_ALLOC) {
            note_time(it, at.entry.t_ns);
            line->events++;
            line->t_ns = at.entry.t_ns;
            it->end = at.at + 1;
        }
        if (is_mark(it, &at.entry)) {
            it->found = true;
            line->t_ns = at.entry.t_ns;
            it->end = at.at + 1;
            return;
        }
    }
}

static void
note_step(gbx_heapline *line, size_t step)
{
    for (unsigned row = 0; row < GBX_HEAPLINE_ROWS; row++) {
        uint64_t bytes = gbx_heapline_now(line->heap, row), *to = &line->bytes[row * line->columns + step];
        *to = bytes > *to ? bytes : *to;
        line->peak[row] = bytes > line->peak[row] ? bytes : line->peak[row];
    }
}

static size_t
step_of(const gbx_heapline *line, const gbx_entry *event, uint64_t seen)
{
    if (!line->by_time) {
        return (size_t)((double)seen / (double)line->events * (double)line->columns);
    }
    double share = (double)(event->t_ns - line->begin_ns) / ((double)(line->end_ns - line->begin_ns) + 1);
    return (size_t)(share * (double)line->columns);
}

/* Steps in which nothing happened are as the one before them. */
static int
run(replay *it, gbx_error *error)
{
    gbx_cursor at;
    gbx_heapline *line = it->line;
    uint64_t seen = 0, pause = line->events / LOOKS + 1;
    size_t step = 0;
    for (bool more = gbx_trace_first(it->trace, &at); more && at.at < it->end; more = gbx_trace_next(&at)) {
        if (gbx_event_class(at.entry.record->event) != GBX_CLASS_ALLOC
            || gbx_trace_stream(it->trace, at.entry.stream)->process != it->options->process) {
            continue;
        }
        size_t now = step_of(line, &at.entry, seen);
        now = now < line->columns ? now : line->columns - 1;
        bool is_new = now > step;
        while (step < now) {
            note_step(line, step++);
        }
        if (is_new) {
            note_step(line, step);
        }
        if (gbx_heap_apply(line->heap, &at.entry) != 0) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        if (seen % pause == 0 || seen + 1 == line->events) {
            note_step(line, step);
        }
        seen++;
    }
    while (step < line->columns) {
        note_step(line, step++);
    }
    return 0;
}

/* ------------------------------------------------------------------ the outside */

static int
choose_axis(const replay *it, gbx_error *error)
{
    gbx_heapline *line = it->line;
    const gbx_process *process = gbx_trace_process(it->trace, it->options->process);
    bool has_times = process->header->clock != GBX_CLOCK_NONE && line->end_ns > line->begin_ns;
    if (it->options->axis == GBX_HEAPLINE_TIME && !has_times) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "the trace has no times for its allocator's events");
    }
    line->by_time = it->options->axis == GBX_HEAPLINE_TIME
        || (it->options->axis == GBX_HEAPLINE_AUTO && has_times && it->times >= line->columns);
    return 0;
}

static int
check(const replay *it, gbx_error *error)
{
    if (it->options->mark != NULL && !it->found) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "there is no mark '%s'", it->options->mark);
    }
    if (it->line->events == 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "there are no events of an allocator: record the class "
                             "alloc");
    }
    return choose_axis(it, error);
}

int
gbx_heapline_make(gbx_heapline *out, const gbx_trace *trace, const gbx_heapline_options *options,
                  gbx_error *error)
{
    *out = (gbx_heapline){ .columns = options->columns == 0 ? 1 : options->columns };
    replay it = { .trace = trace, .options = options, .line = out };
    const gbx_process *process = gbx_trace_process(trace, options->process);
    out->free_threaded = (process->header->build & GBX_BUILD_FREE_THREADED) != 0;
    find_end(&it);
    int status = check(&it, error);
    if (status != 0) {
        return status;
    }
    out->bytes = calloc(out->columns * GBX_HEAPLINE_ROWS, sizeof(*out->bytes));
    if (out->bytes == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    status = gbx_heap_new(&out->heap, trace, options->process, error);
    return status == 0 ? run(&it, error) : status;
}

void
gbx_heapline_clear(gbx_heapline *line)
{
    gbx_heap_free(line->heap);
    free(line->bytes);
    *line = (gbx_heapline){ .heap = NULL };
}
