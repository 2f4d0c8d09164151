/* Py_buffers that are out; see exports.h.  Two kinds of hash tables with open addressing, and removal that
   closes the gap; they differ in what they hold, and share how. */

#include "exports.h"

#include <stdlib.h>

#define MOST  ((size_t)1 << 20)

typedef struct {
    gbx_export *slots;           /* exporter 0: free */
    size_t room, count;
} export_table;

typedef struct {
    gbx_exports_count *slots;    /* address 0: free */
    size_t room, count;
} count_table;

struct gbx_exports {
    export_table out;
    count_table counts[GBX_EXPORTS_KINDS];
    bool lost;
};

gbx_exports *
gbx_exports_new(void)
{
    return calloc(1, sizeof(gbx_exports));
}

void
gbx_exports_free(gbx_exports *exports)
{
    if (exports != NULL) {
        free(exports->out.slots);
        for (int kind = 0; kind < GBX_EXPORTS_KINDS; kind++) {
            free(exports->counts[kind].slots);
        }
        free(exports);
    }
}

bool
gbx_exports_lost(const gbx_exports *exports)
{
    return exports->lost;
}

size_t
gbx_exports_out(const gbx_exports *exports)
{
    return exports->out.count;
}

/* Fibonacci hashing: addresses differ in their middle bits. */
static size_t
home(uint64_t key, size_t room)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);
}

/* The room that a table with `count` entries needs for one more; 0: there is to be none. */
static size_t
room_for_more(size_t room, size_t count)
{
    if (room != 0 && count * 4 < room * 3) {
        return room;
    }
    return count >= MOST ? 0 : room == 0 ? 64 : room * 2;
}

/* --------------------------------------------------------------------- exports */

static void
put_export(export_table *table, const gbx_export *export)
{
    size_t at = home(export->exporter, table->room);
    while (table->slots[at].exporter != 0) {
        at = (at + 1) & (table->room - 1);
    }
    table->slots[at] = *export;
    table->count++;
}

static bool
grow_exports(export_table *table)
{
    size_t room = room_for_more(table->room, table->count);
    if (room == table->room) {
        return true;
    }
    export_table larger = { .slots = room == 0 ? NULL : calloc(room, sizeof(*larger.slots)), .room = room };
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->room; i++) {
        if (table->slots[i].exporter != 0) {
            put_export(&larger, &table->slots[i]);
        }
    }
    free(table->slots);
    *table = larger;
    return true;
}

static void
remove_export(export_table *table, size_t gap)
{
    size_t mask = table->room - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at].exporter != 0; at = (at + 1) & mask) {
        size_t from = home(table->slots[at].exporter, table->room);
        if (((at - from) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap].exporter = 0;
    table->count--;
}

/* Where an export of this exporter lies: the one in this Py_buffer, or else any; SIZE_MAX. */
static size_t
find_export(const export_table *table, uint64_t exporter, uint64_t view)
{
    size_t found = SIZE_MAX;
    if (table->room == 0 || exporter == 0) {
        return found;
    }
    for (size_t at = home(exporter, table->room); table->slots[at].exporter != 0;
         at = (at + 1) & (table->room - 1)) {
        if (table->slots[at].exporter == exporter) {
            found = at;
            if (table->slots[at].view == view) {
                break;
            }
        }
    }
    return found;
}

void
gbx_exports_get(gbx_exports *exports, const gbx_buf_get *get, uint32_t stream, size_t at)
{
    gbx_export export = { .exporter = get->exporter, .view = get->view, .counter = get->counter,
                          .address = get->address, .stream = stream, .at = at };
    if (get->exporter == 0 || (get->h.flags & (1u << GBX_BUFFER_PASSED_ON)) != 0) {
        return;
    }
    if (!grow_exports(&exports->out)) {
        exports->lost = true;
        return;
    }
    put_export(&exports->out, &export);
}

bool
gbx_exports_release(gbx_exports *exports, const gbx_buf_release *release, gbx_export *ended)
{
    size_t at = find_export(&exports->out, release->exporter, release->view);
    if (at == SIZE_MAX) {
        return false;
    }
    if (ended != NULL) {
        *ended = exports->out.slots[at];
    }
    remove_export(&exports->out, at);
    return true;
}

const gbx_export *
gbx_exports_of(const gbx_exports *exports, uint64_t exporter)
{
    size_t at = find_export(&exports->out, exporter, 0);
    return at == SIZE_MAX ? NULL : &exports->out.slots[at];
}

void
gbx_exports_forget(gbx_exports *exports, uint64_t exporter)
{
    for (size_t at; (at = find_export(&exports->out, exporter, 0)) != SIZE_MAX; ) {
        remove_export(&exports->out, at);
    }
}

/* ---------------------------------------------------------------------- counts */

static size_t
slot_of(const count_table *table, uint64_t address)
{
    size_t at = home(address, table->room);
    while (table->slots[at].address != 0 && table->slots[at].address != address) {
        at = (at + 1) & (table->room - 1);
    }
    return at;
}

static bool
grow_counts(count_table *table)
{
    size_t room = room_for_more(table->room, table->count);
    if (room == table->room) {
        return true;
    }
    count_table larger = { .slots = room == 0 ? NULL : calloc(room, sizeof(*larger.slots)), .room = room,
                           .count = table->count };
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->room; i++) {
        if (table->slots[i].address != 0) {
            larger.slots[slot_of(&larger, table->slots[i].address)] = table->slots[i];
        }
    }
    free(table->slots);
    *table = larger;
    return true;
}

gbx_exports_count *
gbx_exports_find(gbx_exports *exports, int kind, uint64_t address)
{
    count_table *table = &exports->counts[kind];
    if (table->room == 0 || address == 0) {
        return NULL;
    }
    size_t at = slot_of(table, address);
    return table->slots[at].address == 0 ? NULL : &table->slots[at];
}

gbx_exports_count *
gbx_exports_add(gbx_exports *exports, int kind, uint64_t address)
{
    count_table *table = &exports->counts[kind];
    if (address == 0 || !grow_counts(table)) {
        exports->lost |= address != 0;
        return NULL;
    }
    gbx_exports_count *slot = &table->slots[slot_of(table, address)];
    table->count += slot->address == 0;
    *slot = (gbx_exports_count){ .address = address };
    return slot;
}

void
gbx_exports_drop(gbx_exports *exports, int kind, uint64_t address)
{
    count_table *table = &exports->counts[kind];
    gbx_exports_count *found = gbx_exports_find(exports, kind, address);
    if (found == NULL) {
        return;
    }
    size_t mask = table->room - 1, gap = (size_t)(found - table->slots);
    for (size_t at = (gap + 1) & mask; table->slots[at].address != 0; at = (at + 1) & mask) {
        size_t from = home(table->slots[at].address, table->room);
        if (((at - from) & mask) >= ((at - gap) & mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap].address = 0;
    table->count--;
}
