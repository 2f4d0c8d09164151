/* Who lives where; see aio_table.h. */

#include "aio_table.h"

#include <stdlib.h>

#define SLOTS_MAX ((size_t)1 << 21)              /* 32 MiB */

static gbx_aio_slot *
find_slot(const gbx_aio_table *table, uint32_t process, uint64_t address)
{
    uint64_t mixed = (address ^ ((uint64_t)process << 48)) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(mixed >> 20) & (table->room - 1);
    while (table->slots[at].address != 0
           && (table->slots[at].address != address || table->slots[at].process != process)) {
        at = (at + 1) & (table->room - 1);
    }
    return &table->slots[at];
}

/* False: there is no memory, or it is large enough. */
static bool
grow(gbx_aio_table *table)
{
    gbx_aio_table larger = { .room = table->room == 0 ? 256 : table->room * 2, .count = table->count,
                             .full = table->full };
    larger.slots = larger.room > SLOTS_MAX ? NULL : calloc(larger.room, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->room; i++) {
        if (table->slots[i].address != 0) {
            *find_slot(&larger, table->slots[i].process, table->slots[i].address) = table->slots[i];
        }
    }
    free(table->slots);
    *table = larger;
    return true;
}

uint32_t
gbx_aio_table_find(const gbx_aio_table *table, uint32_t process, uint64_t address)
{
    if (table->room == 0 || address == 0) {
        return GBX_AIO_NOBODY;
    }
    const gbx_aio_slot *slot = find_slot(table, process, address);
    return slot->address == 0 ? GBX_AIO_NOBODY : slot->who;
}

void
gbx_aio_table_put(gbx_aio_table *table, uint32_t process, uint64_t address, uint32_t who)
{
    if (address == 0) {
        return;
    }
    if (table->count * 2 >= table->room && !grow(table)) {
        gbx_aio_slot *known = table->room == 0 ? NULL : find_slot(table, process, address);
        table->full = true;
        if (known != NULL && known->address != 0) {
            known->who = who;
        }
        return;
    }
    gbx_aio_slot *slot = find_slot(table, process, address);
    table->count += slot->address == 0;
    *slot = (gbx_aio_slot){ .address = address, .process = process, .who = who };
}

void
gbx_aio_table_clear(gbx_aio_table *table)
{
    free(table->slots);
    *table = (gbx_aio_table){ .room = 0 };
}
