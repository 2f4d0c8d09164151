/* Blocks by address: those from malloc(), and without the GIL all.  A part of heap.c.

   Events of different threads need not come in the order in which things happened: an address may be
   given anew before the event comes that says it was free, and a free may come before the event of what
   it frees.  Each address counts how often it was given and taken; nothing is concluded from either. */

#ifndef GBX_HEAP_BLOCKS_H
#define GBX_HEAP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gbx_block_entry gbx_block_entry;

typedef struct {
    gbx_block_entry *entries;    /* open addressing; room is a power of two, at most half of it used */
    size_t count, room;
} gbx_blocks;

/* What an event did to what is counted: something came, something went, or both. */
typedef struct {
    bool come, gone;
    unsigned domain, old_domain;
    uint64_t size, old_size;
} gbx_block_change;

/* 0, GBX_ERROR_MEMORY, or GBX_ERROR_LIMIT: there are too many, or the address is none. */
int gbx_blocks_add(gbx_blocks *blocks, uint64_t address, uint64_t size, unsigned domain,
                   gbx_block_change *change);

/* false: nothing is known of that address, and nothing changes. */
bool gbx_blocks_drop(gbx_blocks *blocks, uint64_t address, gbx_block_change *change);

/* A free came of what is not there: what comes next at this address has gone already. */
int gbx_blocks_owe(gbx_blocks *blocks, uint64_t address);

void gbx_blocks_clear(gbx_blocks *blocks);

#endif
