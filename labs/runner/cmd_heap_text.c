/* glassbox heap, for a terminal: sums, what was in use over time, and a picture of the arenas.  See
   cmd_heap.h. */

#include "cmd_heap.h"

#include "text.h"

#include <inttypes.h>
#include <stdlib.h>

const char *
gbx_heap_bytes(uint64_t bytes, char *text, size_t size)
{
    double value = (double)bytes;
    const char *unit = "B";
    if (bytes >= 10000) {
        value /= bytes < UINT64_C(10000) << 10 ? 1024 : 1 << 20;
        unit = bytes < UINT64_C(10000) << 10 ? "KiB" : "MiB";
    }
    snprintf(text, size, value < 10 && unit[0] != 'B' ? "%.1f %s" : "%.0f %s", value, unit);
    return text;
}

double
gbx_heap_filled(const gbx_heapline *line)
{
    const gbx_heap_sums *sums = gbx_heap_sum(line->heap);
    uint64_t used = line->free_threaded ? sums->large_bytes : sums->pooled_bytes;
    uint64_t held = line->free_threaded ? sums->page_bytes
        : gbx_heapline_now(line->heap, GBX_HEAPLINE_ARENAS);
    return held == 0 || held > UINT64_C(1) << 62 ? -1 : 100.0 * (double)used / (double)held;
}

uint64_t
gbx_heap_used(const gbx_heap_arena *arena)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < arena->pools; i++) {
        bytes += (uint64_t)arena->pool[i].blocks * gbx_heap_block_size(arena->pool[i].size_class);
    }
    return bytes;
}

static int
emptier(const void *a, const void *b)
{
    uint64_t x = gbx_heap_used(*(const gbx_heap_arena *const *)a);
    uint64_t y = gbx_heap_used(*(const gbx_heap_arena *const *)b);
    return x < y ? -1 : x > y;
}

const gbx_heap_arena **
gbx_heap_by_filling(const gbx_heap *heap)
{
    size_t count = gbx_heap_arenas(heap);
    const gbx_heap_arena **order = calloc(count + 1, sizeof(*order));
    for (size_t i = 0; order != NULL && i < count; i++) {
        order[i] = gbx_heap_arena_at(heap, i);
    }
    if (order != NULL) {
        qsort(order, count, sizeof(*order), emptier);
    }
    return order;
}

/* ------------------------------------------------------------------------- sums */

static void
print_lists(const gbx_heap_sums *sums, FILE *to)
{
    bool first = true;
    for (unsigned i = 1; i < GBX_HEAP_LISTS; i++) {
        const char *name = gbx_trace_label(GBX_ENUM_FREELIST, (uint8_t)i);
        if (name != NULL && sums->listed[i] > 0) {
            fprintf(to, "%s %" PRId64 " %s", first ? "free lists keep" : ",", sums->listed[i], name);
            first = false;
        }
    }
    fputs(first ? "" : "\n", to);
}

static void
print_shares(const gbx_heapline *line, FILE *to)
{
    char arenas[32], empty[32], unused[32], overhead[32], text[256];
    gbx_heap_shares share = gbx_heap_share(line->heap);
    if (share.arenas == 0) {
        return;
    }
    snprintf(text, sizeof(text), "in use: %.1f %% of the %s in arenas; %s free in pools in use, %s in pools "
             "that are not in use, %s for headers and rounding", gbx_heap_filled(line),
             gbx_heap_bytes(share.arenas, arenas, sizeof(arenas)),
             gbx_heap_bytes(share.free, empty, sizeof(empty)),
             gbx_heap_bytes(share.unused, unused, sizeof(unused)),
             gbx_heap_bytes(share.overhead, overhead, sizeof(overhead)));
    gbx_text_wrap(to, 0, 2, 80, text);
}

static void
print_pymalloc(const gbx_heapline *line, const gbx_heap_sums *sums, FILE *to)
{
    char pooled[32], large[32];
    uint64_t blocks = 0, pools = 0;
    for (unsigned c = 0; c < GBX_HEAP_CLASSES; c++) {
        blocks += sums->blocks[c];
        pools += sums->pools[c];
    }
    fprintf(to, "%" PRIu64 " blocks of %s in %" PRIu64 " pools of %zu arenas\n", blocks,
            gbx_heap_bytes(sums->pooled_bytes, pooled, sizeof(pooled)), pools, gbx_heap_arenas(line->heap));
    print_shares(line, to);
    fprintf(to, "arenas made %" PRIu64 ", given back %" PRIu64 "; %" PRIu64 " large blocks of %s\n",
            sums->arenas_made, sums->arenas_freed, sums->large_blocks,
            gbx_heap_bytes(sums->large_bytes, large, sizeof(large)));
}

static void
print_mimalloc(const gbx_heapline *line, const gbx_heap_sums *sums, FILE *to)
{
    char bytes[32], room[32];
    uint64_t pages = 0;
    for (unsigned tag = 0; tag < GBX_HEAP_TAGS; tag++) {
        pages += sums->pages_of[tag];
    }
    fprintf(to, "%" PRIu64 " blocks of %s in %" PRIu64 " pages of %" PRIu64 " segments\n", sums->large_blocks,
            gbx_heap_bytes(sums->large_bytes, bytes, sizeof(bytes)), pages, sums->segments);
    double filled = gbx_heap_filled(line);
    if (filled >= 0) {
        fprintf(to, "asked for: %.1f %% of the %s that the pages have for blocks\n", filled,
                gbx_heap_bytes(sums->page_bytes, room, sizeof(room)));
    }
    for (unsigned tag = 0; tag < GBX_HEAP_TAGS; tag++) {
        fprintf(to, "%s%" PRIu64 " of heap %s%s", tag == 0 ? "pages: " : ", ", sums->pages_of[tag],
                gbx_trace_label(GBX_ENUM_HEAP, (uint8_t)tag), tag == GBX_HEAP_TAGS - 1 ? "\n" : "");
    }
}

static void
print_sums(const gbx_heap_view *view, FILE *to)
{
    const gbx_heapline *line = view->line;
    const gbx_heap_sums *sums = gbx_heap_sum(line->heap);
    char raw[32];
    fprintf(to, "%s%s at %.3f ms: ", view->mark == NULL ? "the end" : "mark ",
            view->mark == NULL ? "" : view->mark, (double)line->t_ns / 1e6);
    if (line->free_threaded) {
        print_mimalloc(line, sums, to);
    }
    else {
        print_pymalloc(line, sums, to);
    }
    fprintf(to, "raw blocks %" PRIu64 ", of %s\n", sums->raw_blocks,
            gbx_heap_bytes(sums->raw_bytes, raw, sizeof(raw)));
    print_lists(sums, to);
    if (!sums->whole) {
        fputs("This is not all: events were lost, or the recording began in the middle.\n", to);
    }
}

/* -------------------------------------------------------------------- pictures */

static const char *
level(uint64_t value, uint64_t most)
{
    static const char *const levels[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    if (value == 0 || most == 0) {
        return ".";
    }
    return value >= most ? levels[7] : levels[value * 7 / most];
}

static void
print_row(const gbx_heapline *line, unsigned row, FILE *to)
{
    char name[16], now[32], peak[32];
    fprintf(to, "%7s  ", gbx_heapline_name(row, name, sizeof(name)));
    for (size_t i = 0; i < line->columns; i++) {
        fputs(level(gbx_heapline_at(line, row, i), line->peak[row]), to);
    }
    fprintf(to, " %9s %9s\n", gbx_heap_bytes(gbx_heapline_now(line->heap, row), now, sizeof(now)),
            gbx_heap_bytes(line->peak[row], peak, sizeof(peak)));
}

static void
print_graph(const gbx_heapline *line, FILE *to)
{
    if (line->by_time) {
        fprintf(to, "\nbytes in use, from %.3f to %.3f ms (the times of the records around)\n\n",
                (double)line->begin_ns / 1e6, (double)line->end_ns / 1e6);
    }
    else {
        fprintf(to, "\nbytes in use, over %" PRIu64 " events of the allocator, equally many a step\n\n",
                line->events);
    }
    fprintf(to, "%7s  %*s %9s %9s\n", "size", (int)line->columns, "", "now", "peak");
    for (unsigned row = GBX_HEAPLINE_ROWS; row-- > GBX_HEAPLINE_POOLED;) {
        if (line->peak[row] > 0) {
            print_row(line, row, to);
        }
    }
    for (unsigned row = 0; row < GBX_HEAPLINE_POOLED; row++) {
        if (line->peak[row] > 0) {
            print_row(line, row, to);
        }
    }
}

static void
print_arena(const gbx_heap_arena *arena, size_t index, FILE *to)
{
    fprintf(to, "%5zu  ", index);
    for (unsigned i = 0; i < arena->pools; i++) {
        const gbx_heap_pool *pool = &arena->pool[i];
        fputs(level(pool->blocks, pool->used ? gbx_heap_capacity(pool->size_class) : 0), to);
    }
    fprintf(to, "%*s%3.0f%%\n", (int)(GBX_HEAP_ARENA_POOLS + 2 - arena->pools), "",
            100.0 * (double)gbx_heap_used(arena) / GBX_HEAP_ARENA);
}

static bool
print_arenas(const gbx_heap_view *view, FILE *to)
{
    const gbx_heap *heap = view->line->heap;
    size_t count = gbx_heap_arenas(heap), shown = count < view->most_arenas ? count : view->most_arenas;
    const gbx_heap_arena **order = gbx_heap_by_filling(heap);
    if (order == NULL) {
        return false;
    }
    fprintf(to, "\narenas: %zu, the emptiest first; a sign is a pool, by the share of it in use\n\n", count);
    for (size_t i = 0; i < shown; i++) {
        print_arena(order[i], (size_t)(order[i] - gbx_heap_arena_at(heap, 0)), to);
    }
    if (shown < count) {
        fprintf(to, "       and %zu fuller ones\n", count - shown);
    }
    free(order);
    return true;
}

bool
gbx_heap_text(const gbx_heap_view *view, FILE *to)
{
    print_sums(view, to);
    print_graph(view->line, to);
    return (view->line->free_threaded || print_arenas(view, to)) && !ferror(to);
}
