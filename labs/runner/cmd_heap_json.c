/* glassbox heap, as JSON.  See cmd_heap.h. */

#include "cmd_heap.h"

#include <jansson.h>

static json_t *
number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *
classes_json(const gbx_heapline *line)
{
    const gbx_heap_sums *sums = gbx_heap_sum(line->heap);
    json_t *list = json_array();
    for (unsigned c = 0; c < GBX_HEAP_CLASSES; c++) {
        if (line->peak[c] > 0) {
            json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:I, s:I}",
                "size", (json_int_t)gbx_heap_block_size(c), "blocks", (json_int_t)sums->blocks[c],
                "pools", (json_int_t)sums->pools[c], "bytes", (json_int_t)gbx_heapline_now(line->heap, c),
                "peak_bytes", (json_int_t)line->peak[c]));
        }
    }
    return list;
}

static json_t *
arena_json(const gbx_heap_arena *arena)
{
    json_t *pools = json_array();
    for (unsigned i = 0; i < arena->pools; i++) {
        const gbx_heap_pool *pool = &arena->pool[i];
        json_array_append_new(pools, pool->blocks == 0 ? json_null() : json_pack("{s:I, s:I, s:I}",
            "size", (json_int_t)gbx_heap_block_size(pool->size_class), "blocks", (json_int_t)pool->blocks,
            "capacity", (json_int_t)gbx_heap_capacity(pool->size_class)));
    }
    return json_pack("{s:I, s:I, s:o}", "address", (json_int_t)arena->address,
                     "used_bytes", (json_int_t)gbx_heap_used(arena), "pools", pools);
}

static json_t *
arenas_json(const gbx_heap *heap)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gbx_heap_arenas(heap); i++) {
        json_array_append_new(list, arena_json(gbx_heap_arena_at(heap, i)));
    }
    return list;
}

static json_t *
lists_json(const gbx_heap_sums *sums)
{
    json_t *lists = json_object();
    for (unsigned i = 1; i < GBX_HEAP_LISTS; i++) {
        const char *name = gbx_trace_label(GBX_ENUM_FREELIST, (uint8_t)i);
        if (name != NULL && sums->listed[i] > 0) {
            json_object_set_new(lists, name, json_integer((json_int_t)sums->listed[i]));
        }
    }
    return lists;
}

static json_t *
timeline_json(const gbx_heapline *line)
{
    char name[16];
    json_t *rows = json_object();
    for (unsigned row = 0; row < GBX_HEAPLINE_ROWS; row++) {
        json_t *steps = line->peak[row] > 0 ? json_array() : NULL;
        for (size_t i = 0; steps != NULL && i < line->columns; i++) {
            json_array_append_new(steps, number(gbx_heapline_at(line, row, i)));
        }
        if (steps != NULL) {
            json_object_set_new(rows, gbx_heapline_name(row, name, sizeof(name)), steps);
        }
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:o}", "by", line->by_time ? "time" : "events",
                     "events", (json_int_t)line->events, "begin_ns", (json_int_t)line->begin_ns,
                     "end_ns", (json_int_t)line->end_ns, "rows", rows);
}

static json_t *
shares_json(const gbx_heapline *line)
{
    gbx_heap_shares share = gbx_heap_share(line->heap);
    double filled = gbx_heap_filled(line);
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "percent_in_use",
                     filled < 0 ? json_null() : json_real(filled), "arena_bytes", (json_int_t)share.arenas,
                     "used_bytes", (json_int_t)share.used, "free_in_used_pools", (json_int_t)share.free,
                     "unused_pools", (json_int_t)share.unused, "overhead", (json_int_t)share.overhead);
}

static json_t *
sums_json(const gbx_heapline *line)
{
    const gbx_heap_sums *sums = gbx_heap_sum(line->heap);
    json_t *pages = json_object();
    for (unsigned tag = 0; line->free_threaded && tag < GBX_HEAP_TAGS; tag++) {
        json_object_set_new(pages, gbx_trace_label(GBX_ENUM_HEAP, (uint8_t)tag), number(sums->pages_of[tag]));
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:b}",
                     "pooled_bytes", (json_int_t)sums->pooled_bytes, "large_blocks", (json_int_t)sums->large_blocks,
                     "large_bytes", (json_int_t)sums->large_bytes, "raw_blocks", (json_int_t)sums->raw_blocks,
                     "raw_bytes", (json_int_t)sums->raw_bytes, "arenas_made", (json_int_t)sums->arenas_made,
                     "arenas_given_back", (json_int_t)sums->arenas_freed,
                     "segments", (json_int_t)sums->segments, "page_bytes", (json_int_t)sums->page_bytes,
                     "pages", pages, "free_lists", lists_json(sums), "whole", (int)sums->whole);
}

json_t *
gbx_heap_json(const gbx_heap_view *view)
{
    const gbx_heapline *line = view->line;
    return json_pack("{s:I, s:s?, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "pid", (json_int_t)view->pid,
                     "mark", view->mark, "t_ns", (json_int_t)line->t_ns,
                     "free_threaded", (int)line->free_threaded, "sums", sums_json(line),
                     "fragmentation", shares_json(line), "classes", classes_json(line),
                     "arenas", arenas_json(line->heap), "timeline", timeline_json(line));
}
