/* Blocks by address; see heap_blocks.h. */

#include "heap_blocks.h"

#include "error.h"

#include <stdlib.h>

#define MOST_BLOCKS (1u << 26)

struct gbx_block_entry {
    uint64_t address;        /* 0: free */
    uint64_t size;           /* of the newest */
    uint32_t domain;
    int32_t count;           /* given, less taken: 1 it is there; more: frees are to come; less than 0:
                                they came first */
};

static size_t
home_of(const gbx_blocks *blocks, uint64_t address)
{
    return (size_t)((address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (blocks->room - 1);
}

/* The entry of an address, or the free one where it would be; NULL where there are none at all. */
static gbx_block_entry *
find(const gbx_blocks *blocks, uint64_t address)
{
    if (blocks->room == 0) {
        return NULL;
    }
    size_t at = home_of(blocks, address);
    while (blocks->entries[at].address != 0 && blocks->entries[at].address != address) {
        at = (at + 1) & (blocks->room - 1);
    }
    return &blocks->entries[at];
}

static int
grow(gbx_blocks *blocks)
{
    gbx_blocks larger = { .room = blocks->room == 0 ? 1024 : blocks->room * 2, .count = blocks->count };
    larger.entries = calloc(larger.room, sizeof(*larger.entries));
    if (larger.entries == NULL) {
        return GBX_ERROR_MEMORY;
    }
    for (size_t i = 0; i < blocks->room; i++) {
        if (blocks->entries[i].address != 0) {
            *find(&larger, blocks->entries[i].address) = blocks->entries[i];
        }
    }
    free(blocks->entries);
    *blocks = larger;
    return 0;
}

/* Take an entry out, and move up those that had to go further because of it. */
static void
take_out(gbx_blocks *blocks, gbx_block_entry *entry)
{
    size_t mask = blocks->room - 1, hole = (size_t)(entry - blocks->entries);
    for (size_t at = (hole + 1) & mask; blocks->entries[at].address != 0; at = (at + 1) & mask) {
        size_t home = home_of(blocks, blocks->entries[at].address);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            blocks->entries[hole] = blocks->entries[at];
            hole = at;
        }
    }
    blocks->entries[hole].address = 0;
    blocks->count--;
}

/* The entry of an address, made where there is none. */
static int
entry_for(gbx_blocks *blocks, uint64_t address, gbx_block_entry **entry)
{
    if (address == 0 || blocks->count >= MOST_BLOCKS) {
        return GBX_ERROR_LIMIT;
    }
    if (blocks->count * 2 >= blocks->room && grow(blocks) != 0) {
        return GBX_ERROR_MEMORY;
    }
    *entry = find(blocks, address);
    if ((*entry)->address == 0) {
        **entry = (gbx_block_entry){ .address = address };
        blocks->count++;
    }
    return 0;
}

int
gbx_blocks_add(gbx_blocks *blocks, uint64_t address, uint64_t size, unsigned domain,
               gbx_block_change *change)
{
    gbx_block_entry *entry = NULL;
    *change = (gbx_block_change){ 0 };
    int result = entry_for(blocks, address, &entry);
    if (result != 0) {
        return result;
    }
    if (entry->count < 0) {
        if (++entry->count == 0) {
            take_out(blocks, entry);
        }
        return 0;
    }
    *change = (gbx_block_change){
        .come = true, .size = size, .domain = domain & 3,
        .gone = entry->count > 0, .old_size = entry->size, .old_domain = entry->domain,
    };
    entry->count += entry->count < INT32_MAX;
    entry->size = size;
    entry->domain = domain & 3;
    return 0;
}

bool
gbx_blocks_drop(gbx_blocks *blocks, uint64_t address, gbx_block_change *change)
{
    gbx_block_entry *entry = address == 0 ? NULL : find(blocks, address);
    *change = (gbx_block_change){ 0 };
    if (entry == NULL || entry->address == 0 || entry->count <= 0) {
        return false;
    }
    if (--entry->count == 0) {
        *change = (gbx_block_change){
            .gone = true, .old_size = entry->size, .old_domain = entry->domain };
        take_out(blocks, entry);
    }
    return true;
}

int
gbx_blocks_owe(gbx_blocks *blocks, uint64_t address)
{
    gbx_block_entry *entry = NULL;
    int result = entry_for(blocks, address, &entry);
    if (result == 0) {
        entry->count -= entry->count > INT32_MIN;
    }
    return result == GBX_ERROR_MEMORY ? result : 0;
}

void
gbx_blocks_clear(gbx_blocks *blocks)
{
    free(blocks->entries);
    *blocks = (gbx_blocks){ 0 };
}
