/* Numbers by line; see why_internal.h.  A key is a place as a trace names it, which may be a lie: it is
   looked up, and never used as an index. */

#include "why_internal.h"

#include <stdlib.h>
#include <string.h>

#define TALLY_MAX (1u << 22)     /* instructions of one program; what is beyond goes to the first */

static size_t
slot_of(const gbx_why_tally *tally, gbx_why_place place)
{
    uint64_t key = (uint64_t)place.process << 48 ^ (uint64_t)place.code << 16 ^ place.offset;
    size_t slot = (size_t)(key * 0x9E3779B97F4A7C15u >> 24) & (tally->slot_count - 1);
    while (tally->slots[slot] != 0) {
        const gbx_why_place *other = &tally->items[tally->slots[slot] - 1].place;
        if (other->process == place.process && other->code == place.code && other->offset == place.offset) {
            break;
        }
        slot = (slot + 1) & (tally->slot_count - 1);
    }
    return slot;
}

static bool
grow(gbx_why_tally *tally)
{
    size_t room = tally->room == 0 ? 64 : tally->room * 2;
    gbx_why_line *items = realloc(tally->items, room * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    tally->items = items;
    uint32_t *slots = calloc(room * 2, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slot_count = room * 2;
    tally->room = room;
    for (size_t i = 0; i < tally->count; i++) {
        tally->slots[slot_of(tally, tally->items[i].place)] = (uint32_t)i + 1;
    }
    return true;
}

gbx_why_line *
gbx_why_tally_at(gbx_why_tally *tally, gbx_why_place place, size_t at)
{
    if (tally->count == tally->room && tally->count < TALLY_MAX && !grow(tally)) {
        return NULL;
    }
    size_t slot = slot_of(tally, place);
    if (tally->slots[slot] == 0) {
        if (tally->count == tally->room) {
            return &tally->items[0];
        }
        tally->items[tally->count] = (gbx_why_line){ .place = place, .first = at };
        tally->slots[slot] = (uint32_t)++tally->count;
    }
    return &tally->items[tally->slots[slot] - 1];
}

void
gbx_why_tally_clear(gbx_why_tally *tally)
{
    free(tally->items);
    free(tally->slots);
    *tally = (gbx_why_tally){ .items = NULL };
}

/* ---------------------------------------------------------------------- lines */

static void
resolve(gbx_why_line *item, const gbx_trace *trace)
{
    const gbx_code_info *info = gbx_trace_code(trace, item->place.process, item->place.code);
    int column;
    if (info == NULL) {
        return;
    }
    item->file = info->file;
    item->function = info->name;
    if (item->place.offset == GBX_NO_OFFSET || !gbx_code_line(info, item->place.offset, &item->line, &column)) {
        item->line = (int)(info->first_line & 0x7fffffff);
    }
}

static int
by_line(const void *a, const void *b)
{
    const gbx_why_line *x = a, *y = b;
    int files = strcmp(x->file == NULL ? "" : x->file, y->file == NULL ? "" : y->file);
    if (files != 0) {
        return files;
    }
    if (x->line != y->line) {
        return (x->line > y->line) - (x->line < y->line);
    }
    int functions = strcmp(x->function == NULL ? "" : x->function, y->function == NULL ? "" : y->function);
    return functions != 0 ? functions : (x->first > y->first) - (x->first < y->first);
}

static int
by_cost(const void *a, const void *b)
{
    const gbx_why_line *x = a, *y = b;
    if (x->ns != y->ns) {
        return x->ns < y->ns ? 1 : -1;
    }
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : by_line(a, b);
}

static void
merge(gbx_why_line *into, const gbx_why_line *from)
{
    into->count += from->count;
    into->bytes += from->bytes;
    into->other += from->other;
    into->ns += from->ns;
    if (from->first < into->first) {
        into->first = from->first;
        into->function = from->function;
    }
}

static bool
is_same(const gbx_why_line *a, const gbx_why_line *b, bool functions)
{
    return a->line == b->line && strcmp(a->file, b->file) == 0
        && (!functions || strcmp(a->function, b->function) == 0);
}

static void
join(gbx_why_tally *tally, const gbx_trace *trace, bool functions)
{
    size_t kept = 0;
    for (size_t i = 0; i < tally->count; i++) {
        resolve(&tally->items[i], trace);
    }
    if (tally->count > 0) {
        qsort(tally->items, tally->count, sizeof(*tally->items), by_line);
    }
    for (size_t i = 0; i < tally->count; i++) {
        gbx_why_line *item = &tally->items[i];
        if (item->file == NULL) {
            continue;
        }
        gbx_why_line *last = kept == 0 ? NULL : &tally->items[kept - 1];
        if (last != NULL && is_same(last, item, functions)) {
            merge(last, item);
        }
        else {
            tally->items[kept++] = *item;
        }
    }
    tally->count = kept;
    free(tally->slots);
    tally->slots = NULL;
    tally->slot_count = tally->room = 0;         /* no more can be added */
    if (kept > 0) {
        qsort(tally->items, kept, sizeof(*tally->items), by_cost);
    }
}

void
gbx_why_lines(gbx_why_tally *tally, const gbx_trace *trace)
{
    join(tally, trace, false);
}

void
gbx_why_lines_of_functions(gbx_why_tally *tally, const gbx_trace *trace)
{
    join(tally, trace, true);
}
