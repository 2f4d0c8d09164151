/* The heap of one process, replayed from the events of class alloc: arenas, their pools, how many blocks
   of which size class are in use, large blocks, and what free lists hold.

   Feed it the process's events in order; at any position it can be asked.  What was there before the
   recording is known by number (the events named *_found), not block by block, and so are pools: only
   large blocks are kept by address.  A trace that lost events, or whose recording began before this class
   was on, gives a heap that is not whole; nothing is made up: what lies in no known pool is counted apart.

   The memory that this takes is bounded by what the trace says was allocated at once.  It must not print,
   nor know what a claim is.  The free-threaded build has no pools, and events of its threads have no
   common order: its blocks are kept by address, and a free may come before what it frees. */

#ifndef GBX_HEAP_H
#define GBX_HEAP_H

#include "trace.h"

#define GBX_HEAP_CLASSES      32u      /* size class c: blocks of (c + 1) * 16 bytes */
#define GBX_HEAP_POOL         16384u
#define GBX_HEAP_ARENA        (1u << 20)
#define GBX_HEAP_ARENA_POOLS  64u
#define GBX_HEAP_LISTS        32u      /* more than enum GBX_FREELIST has */
#define GBX_HEAP_POWERS       40u
#define GBX_HEAP_TAGS         4u       /* of mimalloc's heaps: enum GBX_HEAP */

static inline uint32_t
gbx_heap_block_size(unsigned size_class)
{
    return (size_class + 1) * 16;
}

/* Blocks that fit a pool: it begins with 48 bytes of its own. */
static inline uint32_t
gbx_heap_capacity(unsigned size_class)
{
    return (GBX_HEAP_POOL - 48) / gbx_heap_block_size(size_class);
}

/* The smallest p for which 2 to the p is at least `size`; GBX_HEAP_POWERS - 1 for all that is larger. */
static inline unsigned
gbx_heap_power(uint64_t size)
{
    unsigned power = 0;
    while (power < GBX_HEAP_POWERS - 1 && UINT64_C(1) << power < size) {
        power++;
    }
    return power;
}

typedef struct {
    uint8_t size_class;
    uint8_t used;            /* was it ever in use, as far as is known? */
    uint16_t blocks;         /* in use */
} gbx_heap_pool;

typedef struct {
    uint64_t address;        /* not aligned to its size */
    uint32_t owner;          /* interpreter whose allocator it is */
    uint32_t pools;          /* 64, or 63 where the address is not aligned to a pool */
    gbx_heap_pool pool[GBX_HEAP_ARENA_POOLS];
} gbx_heap_arena;

typedef struct {
    uint64_t blocks[GBX_HEAP_CLASSES];
    uint64_t pools[GBX_HEAP_CLASSES];            /* with a block in use */
    uint64_t pooled_bytes;                       /* of blocks in use, by their classes' sizes */
    uint64_t large_blocks, large_bytes;          /* domains mem and obj; bytes: of those seen born.  Without
                                                    the GIL all blocks of these, small ones too */
    uint64_t bytes_below[GBX_HEAP_POWERS];       /* of these, by gbx_heap_power() of their size */
    uint64_t raw_blocks, raw_bytes;              /* domain raw, seen born */
    int64_t listed[GBX_HEAP_LISTS];              /* items in free lists, by enum GBX_FREELIST */
    uint64_t arenas_made, arenas_freed;          /* in the recording */
    uint64_t pages_of[GBX_HEAP_TAGS], segments;  /* mimalloc's */
    uint64_t page_bytes;                         /* room that these pages have for blocks */
    uint64_t strangers;                          /* blocks in no pool that is known */
    bool whole;                                  /* all of the allocator's life is known */
} gbx_heap_sums;

typedef struct gbx_heap gbx_heap;

/* The heap of a process before its first event.  0, and the caller frees it; or a negative code. */
int gbx_heap_new(gbx_heap **out, const gbx_trace *trace, uint32_t process, gbx_error *error);
void gbx_heap_free(gbx_heap *heap);              /* NULL is fine */

/* One event of the process, in order; those of other classes change nothing.  0 or GBX_ERROR_MEMORY. */
int gbx_heap_apply(gbx_heap *heap, const gbx_entry *event);

/* Does the state agree with what the allocator said of itself, in an event alloc.total or alloc.found?
   0: it does; 1: it does not, and a few words say how; -1: nothing can be said. */
int gbx_heap_compare(const gbx_heap *heap, const gbx_entry *event, char *words, size_t size);

const gbx_heap_sums *gbx_heap_sum(const gbx_heap *heap);

/* Arenas by address.  What is returned holds until the next gbx_heap_apply(). */
size_t gbx_heap_arenas(const gbx_heap *heap);
const gbx_heap_arena *gbx_heap_arena_at(const gbx_heap *heap, size_t index);

/* The pool that an address lies in, and its arena (may be NULL); NULL: in none. */
const gbx_heap_pool *gbx_heap_find(const gbx_heap *heap, uint64_t address, const gbx_heap_arena **arena);

#endif
