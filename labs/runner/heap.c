/* The heap, replayed; see heap.h.  Everything in an event is somebody else's word: sizes, classes and
   addresses are looked at before they are used as anything but numbers. */

#include "heap.h"
#include "heap_blocks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ARENAS   (1u << 20)       /* 1 TiB */

struct gbx_heap {
    gbx_heap_arena *arenas;
    size_t arena_count, arena_room;
    size_t recent;                     /* index of the arena found last */
    gbx_blocks large;                  /* without the GIL: all */
    bool free_threaded;
    uint64_t before;                   /* large blocks that were there before the recording */
    bool several;                      /* more than one interpreter allocates */
    bool ordered;                      /* the order between threads is known */
    gbx_heap_sums sums;
};

int
gbx_heap_new(gbx_heap **out, const gbx_trace *trace, uint32_t process, gbx_error *error)
{
    const gbx_process *of = gbx_trace_process(trace, process);
    gbx_heap *heap = calloc(1, sizeof(*heap));
    *out = heap;
    if (heap == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    size_t threads = 0;
    for (size_t s = 0; s < gbx_trace_stream_count(trace); s++) {
        threads += gbx_trace_stream(trace, s)->process == process;
    }
    bool all = of->lost == 0 && of->overwritten == 0 && of->unknown == 0 && !of->cut;
    heap->free_threaded = (of->header->build & GBX_BUILD_FREE_THREADED) != 0;
    heap->sums.whole = all && (of->mask >> GBX_CLASS_ALLOC & 1) != 0;
    heap->ordered = threads <= 1 || of->header->clock != GBX_CLOCK_NONE;
    return 0;
}

void
gbx_heap_free(gbx_heap *heap)
{
    if (heap != NULL) {
        free(heap->arenas);
        gbx_blocks_clear(&heap->large);
        free(heap);
    }
}

/* ------------------------------------------------------------ arenas and pools */

/* The index of the first arena that lies behind an address. */
static size_t
arena_behind(const gbx_heap *heap, uint64_t address)
{
    size_t low = 0, high = heap->arena_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (heap->arenas[middle].address <= address) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

static bool
holds(const gbx_heap_arena *arena, uint64_t address)
{
    return address - arena->address < GBX_HEAP_ARENA;
}

static gbx_heap_arena *
find_arena(gbx_heap *heap, uint64_t address)
{
    if (heap->recent < heap->arena_count && holds(&heap->arenas[heap->recent], address)) {
        return &heap->arenas[heap->recent];
    }
    size_t behind = arena_behind(heap, address);
    if (behind == 0 || !holds(&heap->arenas[behind - 1], address)) {
        return NULL;
    }
    heap->recent = behind - 1;
    return &heap->arenas[behind - 1];
}

/* Pools lie where addresses are multiples of their size. */
static uint64_t
pool_index(const gbx_heap_arena *arena, uint64_t address)
{
    uint64_t first = (arena->address + GBX_HEAP_POOL - 1) / GBX_HEAP_POOL;
    return address / GBX_HEAP_POOL - first;
}

static gbx_heap_pool *
find_pool(gbx_heap *heap, uint64_t address)
{
    gbx_heap_arena *arena = find_arena(heap, address);
    uint64_t index = arena == NULL ? GBX_HEAP_ARENA_POOLS : pool_index(arena, address);
    return index < GBX_HEAP_ARENA_POOLS ? &arena->pool[index] : NULL;
}

const gbx_heap_pool *
gbx_heap_find(const gbx_heap *heap, uint64_t address, const gbx_heap_arena **arena)
{
    size_t behind = arena_behind(heap, address);
    if (behind == 0 || !holds(&heap->arenas[behind - 1], address)) {
        return NULL;
    }
    const gbx_heap_arena *found = &heap->arenas[behind - 1];
    uint64_t index = pool_index(found, address);
    if (arena != NULL) {
        *arena = found;
    }
    return index < GBX_HEAP_ARENA_POOLS ? &found->pool[index] : NULL;
}

static int
add_arena(gbx_heap *heap, const gbx_arena *event)
{
    if (heap->arena_count == MOST_ARENAS || find_arena(heap, event->address) != NULL) {
        heap->sums.whole = false;
        return 0;
    }
    if (heap->arena_count == heap->arena_room) {
        size_t room = heap->arena_room == 0 ? 16 : heap->arena_room * 2;
        gbx_heap_arena *more = realloc(heap->arenas, room * sizeof(*more));
        if (more == NULL) {
            return GBX_ERROR_MEMORY;
        }
        heap->arenas = more;
        heap->arena_room = room;
    }
    size_t at = arena_behind(heap, event->address);
    memmove(&heap->arenas[at + 1], &heap->arenas[at], (heap->arena_count - at) * sizeof(*heap->arenas));
    uint32_t pools = event->pools < GBX_HEAP_ARENA_POOLS ? event->pools : GBX_HEAP_ARENA_POOLS;
    heap->arenas[at] = (gbx_heap_arena){
        .address = event->address, .owner = event->owner, .pools = pools };
    heap->arena_count++;
    heap->several = heap->several || event->owner != heap->arenas[0].owner;
    return 0;
}

/* An arena goes when its pools are empty, or with its interpreter and all that is in it. */
static void
drop_arena(gbx_heap *heap, uint64_t address)
{
    size_t behind = arena_behind(heap, address);
    if (behind == 0 || heap->arenas[behind - 1].address != address) {
        heap->sums.whole = false;
        return;
    }
    gbx_heap_arena *arena = &heap->arenas[behind - 1];
    for (unsigned i = 0; i < GBX_HEAP_ARENA_POOLS; i++) {
        gbx_heap_pool *pool = &arena->pool[i];
        heap->sums.blocks[pool->size_class] -= pool->blocks;
        heap->sums.pooled_bytes -= (uint64_t)pool->blocks * gbx_heap_block_size(pool->size_class);
        heap->sums.pools[pool->size_class] -= pool->blocks > 0;
    }
    memmove(arena, arena + 1, (heap->arena_count - behind) * sizeof(*arena));
    heap->arena_count--;
}

/* One more block in a pool, or one less.  Where events are missing a count may be wrong, never below 0. */
static void
count_block(gbx_heap *heap, gbx_heap_pool *pool, int change)
{
    gbx_heap_sums *sums = &heap->sums;
    if (change < 0 ? pool->blocks == 0 : pool->blocks >= gbx_heap_capacity(pool->size_class)) {
        sums->whole = false;
        return;
    }
    sums->pools[pool->size_class] += change > 0 && pool->blocks == 0;
    sums->pools[pool->size_class] -= change < 0 && pool->blocks == 1;
    pool->blocks = (uint16_t)(pool->blocks + change);
    sums->blocks[pool->size_class] += (uint64_t)(int64_t)change;
    sums->pooled_bytes += (uint64_t)(change * (int64_t)gbx_heap_block_size(pool->size_class));
}

static void
take_block(gbx_heap *heap, uint64_t address, int change)
{
    gbx_heap_pool *pool = find_pool(heap, address);
    if (pool == NULL || !pool->used) {
        heap->sums.strangers++;
        heap->sums.whole = false;
        return;
    }
    count_block(heap, pool, change);
}

static int
take_pooled(gbx_heap *heap, const gbx_head *head)
{
    if (head->event == GBX_EV_BLOCK_ALLOC) {
        take_block(heap, GBX_U48(((const gbx_block *)(const void *)head)->address), 1);
    }
    else if (head->event == GBX_EV_BLOCK_FREE) {
        take_block(heap, GBX_U48(((const gbx_at *)(const void *)head)->address), -1);
    }
    return 0;
}

/* A pool gets a size class with its first block; one that was found has blocks already. */
static void
begin_pool(gbx_heap *heap, const gbx_pool *event)
{
    gbx_heap_pool *pool = find_pool(heap, event->address);
    if (pool == NULL || event->h.arg >= GBX_HEAP_CLASSES || pool->blocks != 0) {
        heap->sums.strangers += pool == NULL;
        heap->sums.whole = false;
        return;
    }
    pool->size_class = (uint8_t)event->h.arg;
    pool->used = 1;
    if (event->h.event == GBX_EV_POOL_FOUND) {
        for (uint32_t i = 0; i < event->blocks && i < gbx_heap_capacity(pool->size_class); i++) {
            count_block(heap, pool, 1);
        }
    }
}

/* ------------------------------------------------------------------ large ones */

static void
count_large(gbx_heap_sums *sums, uint64_t size, unsigned domain, bool more)
{
    uint64_t *blocks = domain == GBX_DOMAIN_RAW ? &sums->raw_blocks : &sums->large_blocks;
    uint64_t *bytes = domain == GBX_DOMAIN_RAW ? &sums->raw_bytes : &sums->large_bytes;
    *blocks += more ? 1 : UINT64_MAX;
    *bytes += more ? size : 0 - size;
    if (domain != GBX_DOMAIN_RAW) {
        sums->bytes_below[gbx_heap_power(size)] += more ? size : 0 - size;
    }
}

static int
add_large(gbx_heap *heap, uint64_t address, uint64_t size, unsigned domain)
{
    gbx_block_change change;
    int result = gbx_blocks_add(&heap->large, address, size, domain, &change);
    if (result == GBX_ERROR_MEMORY) {
        return result;
    }
    heap->sums.whole = heap->sums.whole && result == 0;
    if (change.gone) {
        count_large(&heap->sums, change.old_size, change.old_domain, false);
    }
    if (change.come) {
        count_large(&heap->sums, change.size, change.domain, true);
    }
    return 0;
}

static int
drop_large(gbx_heap *heap, uint64_t address, unsigned domain)
{
    gbx_block_change change;
    bool known = gbx_blocks_drop(&heap->large, address, &change);
    if (change.gone) {
        count_large(&heap->sums, change.old_size, change.old_domain, false);
    }
    else if (!known && domain != GBX_DOMAIN_RAW && heap->before > 0) {
        heap->before--;
        heap->sums.large_blocks--;
    }
    else if (!known && heap->free_threaded && heap->sums.whole) {
        return gbx_blocks_owe(&heap->large, address);
    }
    return 0;
}

static int
move_large(gbx_heap *heap, const gbx_large_move *event)
{
    int result = drop_large(heap, event->old_address, event->h.flags);
    return result != 0 ? result : add_large(heap, GBX_U48(event->address), event->size, event->h.flags);
}

/* Without the GIL there are no pools: every block is kept by address. */
static int
take_any(gbx_heap *heap, const gbx_head *head)
{
    int result = 0;
    if (head->event == GBX_EV_BLOCK_FREE) {
        return drop_large(heap, GBX_U48(((const gbx_at *)(const void *)head)->address), GBX_DOMAIN_OBJ);
    }
    uint64_t block = GBX_U48(((const gbx_block *)(const void *)head)->address);
    if (head->event == GBX_EV_BLOCK_RESIZE) {
        result = drop_large(heap, block, head->flags);
    }
    return result != 0 ? result : add_large(heap, block, head->arg, head->flags);
}

static void
count_page(gbx_heap *heap, const gbx_heap_page *page, uint64_t change)
{
    if (page->h.flags < GBX_HEAP_TAGS) {
        heap->sums.pages_of[page->h.flags] += change;
    }
}

/* ---------------------------------------------------------------- all of them */

static void
count_item(gbx_heap *heap, const gbx_at *event, int change)
{
    if (event->flags < GBX_HEAP_LISTS) {
        heap->sums.listed[event->flags] += change;
    }
}

static void
begin_found(gbx_heap *heap, const gbx_alloc_total *event)
{
    heap->before = event->large;
    heap->sums.large_blocks += event->large;
}

int
gbx_heap_apply(gbx_heap *heap, const gbx_entry *event)
{
    const gbx_head *head = event->record;
    const gbx_at *at = (const gbx_at *)(const void *)head;
    const gbx_large *large = (const gbx_large *)(const void *)head;
    const gbx_arena *arena = (const gbx_arena *)(const void *)head;
    switch (head->event) {
        case GBX_EV_BLOCK_ALLOC: case GBX_EV_BLOCK_FREE: case GBX_EV_BLOCK_RESIZE:
            return heap->free_threaded ? take_any(heap, head) : take_pooled(heap, head);
        case GBX_EV_HEAP_PAGE_NEW:
            count_page(heap, (const gbx_heap_page *)(const void *)head, 1);
            return 0;
        case GBX_EV_HEAP_PAGE_FREE:
            count_page(heap, (const gbx_heap_page *)(const void *)head, UINT64_MAX);
            return 0;
        case GBX_EV_HEAP_SEGMENT_NEW: case GBX_EV_HEAP_SEGMENT_FREE:
            heap->sums.segments += head->event == GBX_EV_HEAP_SEGMENT_NEW ? 1 : UINT64_MAX;
            return 0;
        case GBX_EV_LARGE_ALLOC:
            return add_large(heap, GBX_U48(large->address), large->size, head->flags);
        case GBX_EV_LARGE_FREE:
            return drop_large(heap, GBX_U48(at->address), at->flags);
        case GBX_EV_LARGE_MOVE:
            return move_large(heap, (const gbx_large_move *)(const void *)head);
        case GBX_EV_POOL_NEW: case GBX_EV_POOL_FOUND:
            begin_pool(heap, (const gbx_pool *)(const void *)head);
            return 0;
        case GBX_EV_ARENA_NEW: case GBX_EV_ARENA_FOUND:
            heap->sums.arenas_made += head->event == GBX_EV_ARENA_NEW;
            return add_arena(heap, arena);
        case GBX_EV_ARENA_FREE:
            heap->sums.arenas_freed++;
            drop_arena(heap, arena->address);
            return 0;
        case GBX_EV_FREELIST_PUT: case GBX_EV_FREELIST_FOUND:
            count_item(heap, at, 1);
            return 0;
        case GBX_EV_FREELIST_HIT: case GBX_EV_FREELIST_DROP:
            count_item(heap, at, -1);
            return 0;
        case GBX_EV_ALLOC_FOUND:
            begin_found(heap, (const gbx_alloc_total *)(const void *)head);
            return 0;
        default:
            return 0;
    }
}

int
gbx_heap_compare(const gbx_heap *heap, const gbx_entry *event, char *words, size_t size)
{
    const gbx_alloc_total *said = (const gbx_alloc_total *)(const void *)event->record;
    uint64_t blocks = 0, pools = 0;
    if (!heap->sums.whole || heap->several || !heap->ordered || heap->free_threaded) {
        return -1;
    }
    for (unsigned i = 0; i < GBX_HEAP_CLASSES; i++) {
        blocks += heap->sums.blocks[i];
        pools += heap->sums.pools[i];
    }
    const struct { const char *what; uint64_t mine, theirs; } sums[] = {
        { "arenas", heap->arena_count, said->arenas }, { "pools", pools, said->pools },
        { "blocks", blocks, said->blocks }, { "bytes", heap->sums.pooled_bytes, said->bytes },
        { "large blocks", heap->sums.large_blocks, said->large },
    };
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        if (sums[i].mine != sums[i].theirs) {
            snprintf(words, size, "the events make %" PRIu64 " %s, the allocator says %" PRIu64,
                     sums[i].mine, sums[i].what, sums[i].theirs);
            return 1;
        }
    }
    return 0;
}

const gbx_heap_sums *
gbx_heap_sum(const gbx_heap *heap)
{
    return &heap->sums;
}

size_t
gbx_heap_arenas(const gbx_heap *heap)
{
    return heap->arena_count;
}

const gbx_heap_arena *
gbx_heap_arena_at(const gbx_heap *heap, size_t index)
{
    return index < heap->arena_count ? &heap->arenas[index] : NULL;
}
