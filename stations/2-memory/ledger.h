/* A ledger of blocks: what the program's first thread asked the allocator for and has not given back.

   Where heap.h replays the allocator from its own point of view (pools, size classes), this is the
   program's: each block by its address, with the bytes that were asked for.  The claims on instances
   and on tracemalloc add up with it.  It must not judge.

   Blocks of the domain raw are known but not counted: those are not Python's objects, but the interpreter's
   own.  Which domain a block is of is what its birth says. */

#ifndef GBX_STATION_2_LEDGER_H
#define GBX_STATION_2_LEDGER_H

#include "../part.h"

typedef struct {
    uint64_t address;        /* 0: free place */
    uint64_t asked;          /* bytes that were asked for; for a block of a pool, at most 512 */
    bool raw;                /* of the domain raw */
} gbx_ledger_block;

typedef struct {
    gbx_ledger_block *blocks;
    size_t size;             /* places, a power of two */
    size_t used;             /* places that are or were in use */
    uint64_t count;          /* blocks that are alive */
    uint64_t asked;          /* bytes that were asked for, of those alive */
    uint64_t taken;          /* the same, each rounded up to the block that it lies in */
    bool mimalloc;           /* of the build without the GIL */
    uint64_t strangers;      /* frees of blocks whose birth it has not seen */
} gbx_ledger;

/* False when out of memory; either way gbx_ledger_clear() it. */
bool gbx_ledger_init(gbx_ledger *ledger);
void gbx_ledger_clear(gbx_ledger *ledger);

/* Enter the events of a part.  False when out of memory. */
bool gbx_ledger_enter(gbx_ledger *ledger, const gbx_part *part);

/* What a request takes in a pool. */
uint32_t gbx_ledger_rounded(uint32_t asked);

#endif
