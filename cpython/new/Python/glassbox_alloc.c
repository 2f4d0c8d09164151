/* Glassbox alloc: what the allocators do.

   Hooks lie inside pymalloc (arenas, pools, blocks), in the raw allocator (which also serves the large
   blocks of the two domains above it, and says for which), and where free lists give, take and drop.
   They write records of one to three words without a time: a block lives for some ten nanoseconds.
   What was there before the recording, and what the allocator says of itself, is told by glassbox_found.c.

   A hook here runs inside malloc(), on any thread, with or without the GIL: it must not allocate, and
   must look at nothing but its arguments, the thread's own state and the stream. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // running_code(), frame_offset()
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_obmalloc.h"       // struct arena_object, pool_header
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

/* The id of the Python function that runs in this thread, 0: none; and where in it. */
static inline uint32_t
running(PyThreadState *tstate, uint16_t *offset)
{
    PyCodeObject *code = running_code(tstate);
    *offset = code == NULL ? GBX_NO_OFFSET : offset_in(code, tstate->current_frame->instr_ptr);
    return code == NULL ? 0 : gbx_code_id(code);
}

/* A record that names a code object. */
static inline void
publish(void *record, uint32_t size)
{
    if (gbx_settled()) {
        gbx_publish(record, size);
    }
}

static __attribute__((noinline)) void
record_at_slowly(uint64_t word)
{
    uint64_t *record = gbx_reserve(sizeof(gbx_at), _PyThreadState_GET(), false);
    if (record != NULL) {
        *record = word;
        gbx_publish(record, sizeof(gbx_at));
    }
}

static inline void
record_at(uint8_t event, uint8_t flags, const void *address)
{
    gbx_leaf leaf;
    uint64_t word = gbx_at_word(event, flags, address);
    if (!gbx_leaf_begin(&leaf, sizeof(gbx_at))) {
        record_at_slowly(word);
        return;
    }
    *gbx_leaf_record(&leaf) = word;
    gbx_leaf_publish(&leaf, sizeof(gbx_at));
}

/* ------------------------------------------------------------------ pymalloc */

static inline uint8_t
domain_of(const void *ctx)
{
    return ctx == NULL ? GBX_DOMAIN_MEM : GBX_DOMAIN_OBJ;
}

/* The whole record; true if it is there. */
static bool
record_block(uint8_t event, uint8_t domain, const void *block, size_t size, gbx_block_site *site)
{
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_block *record = gbx_reserve(sizeof(*record), tstate, false);
    if (record == NULL) {
        return false;
    }
    uint16_t offset;
    site->code = running(tstate, &offset);
    site->instr = site->code == 0 ? NULL : tstate->current_frame->instr_ptr;
    *(uint64_t *)record = gbx_first(event, domain, (uint16_t)size, site->code);
    gbx_put_at(record->address, block, offset);
    if (!gbx_settled()) {
        return false;
    }
    gbx_publish(record, sizeof(*record));
    return true;
}

static __attribute__((noinline)) void
record_block_in_full(uint8_t domain, const void *block, size_t size)
{
    gbx_block_site site;
    if (record_block(GBX_EV_BLOCK_ALLOC, domain, block, size, &site)) {
        gbx_stream *stream = &_PyGlassbox_stream;
        stream->sites[1] = stream->sites[0];
        stream->sites[0] = site;
    }
}

/* Is it asked for where one of the thread's last two whole blocks was?  Then *other says which.  Of a frame
   without a function the executable is no code object. */
static inline bool
is_known_site(const gbx_stream *stream, uint64_t *other)
{
    PyThreadState *tstate = _PyThreadState_GET();
    const _PyInterpreterFrame *frame = tstate == NULL ? NULL : tstate->current_frame;
    const PyObject *code = frame == NULL ? NULL : frame->f_executable;
    if (__builtin_expect(code == NULL || !Py_IS_TYPE(code, &PyCode_Type), 0)) {
        return false;
    }
    uint32_t id = ((const PyCodeObject *)code)->_co_glassbox_id;
    const void *instr = frame->instr_ptr;
    *other = instr == stream->sites[0].instr && id == stream->sites[0].code ? 0 : GBX_PACKED_OTHER;
    return *other == 0 || (instr == stream->sites[1].instr && id == stream->sites[1].code);
}

/* GLASSBOX_CTX_OBJ is 1. */
void
_PyGlassbox_BlockAlloc(const void *ctx, const void *block, size_t size)
{
    gbx_leaf leaf;
    uint64_t other;
    bool fits = (size / GBX_PACKED_SIZES | ((uintptr_t)block & GBX_PACKED_BITS)) == 0;
    if (__builtin_expect(!fits, 0) || !is_known_site(&_PyGlassbox_stream, &other) ||
        !gbx_leaf_begin(&leaf, sizeof(gbx_packed))) {
        record_block_in_full(domain_of(ctx), block, size);
        return;
    }
    /* The upper bits of the size come to lie where the lowest of the address are. */
    uint64_t where = (uint64_t)(uintptr_t)block + (uint64_t)(uintptr_t)ctx * GBX_PACKED_OBJ + other;
    *gbx_leaf_record(&leaf) = GBX_EV_BLOCK_ALLOC_PACKED + ((uint64_t)size << 8) + (where << 16);
    if (gbx_settled()) {
        gbx_leaf_publish(&leaf, sizeof(gbx_packed));
    }
}

void
_PyGlassbox_BlockResize(const void *ctx, const void *block, size_t size)
{
    gbx_block_site site;
    (void)record_block(GBX_EV_BLOCK_RESIZE, domain_of(ctx), block, size, &site);
}

void
_PyGlassbox_BlockFree(const void *block)
{
    record_at(GBX_EV_BLOCK_FREE, 0, block);
}

#ifdef WITH_PYMALLOC

/* Whose allocator it is: the main interpreter's, also where others share it, or that of the one that
   has it for itself. */
static uint32_t
owner_of(const struct _obmalloc_state *state)
{
    PyThreadState *tstate = _PyThreadState_GET();
    PyInterpreterState *main = _PyInterpreterState_Main();
    if (tstate == NULL || main == NULL || main->obmalloc == state) {
        return 0;
    }
    return (uint32_t)tstate->interp->id;
}

static void
record_pool(int event, uint32_t owner, const struct pool_header *pool)
{
    gbx_pool *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->owner = owner;
        record->blocks = pool->ref.count;
        record->address = (uint64_t)(uintptr_t)pool;
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, (uint16_t)pool->szidx, 0);
    }
}

void
_PyGlassbox_Pool(int event, const struct pool_header *pool)
{
    record_pool(event, owner_of(_PyInterpreterState_GET()->obmalloc), pool);
}

static void
record_arena(int event, uint32_t owner, uintptr_t address, uint32_t pools)
{
    uint32_t dt, code = 0;
    uint16_t offset = GBX_NO_OFFSET;
    PyThreadState *tstate = _PyThreadState_GET();
    if (event != GBX_EV_ARENA_FOUND) {
        code = running(tstate, &offset);
    }
    gbx_arena *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        record->owner = owner;
        record->pools = pools;
        record->address = address;
        record->code = code;
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, offset, dt);
    }
}

/* An interpreter that ends frees its arenas slot by slot, those of no arena included. */
void
_PyGlassbox_Arena(int event, const struct _obmalloc_state *state, uintptr_t address, uint32_t pools)
{
    if (address != 0) {
        record_arena(event, owner_of(state), address, pools);
    }
}

/* ---------------------------------------------------- what the allocator says */

/* The pools of an arena that were ever used lie between these two. */
static uintptr_t
first_pool(const struct arena_object *arena)
{
    return (uintptr_t)_Py_ALIGN_UP(arena->address, POOL_SIZE);
}

static void
add_arena(gbx_alloc_total *total, const struct arena_object *arena)
{
    uintptr_t end = (uintptr_t)arena->pool_address;
    total->arenas++;
    for (uintptr_t at = first_pool(arena); at < end; at += POOL_SIZE) {
        const struct pool_header *pool = (const struct pool_header *)at;
        total->pools += pool->ref.count > 0;
        total->blocks += pool->ref.count;
        total->bytes += (uint64_t)pool->ref.count * INDEX2SIZE(pool->szidx);
    }
}

/* sys._debugmallocstats() adds up the same, arena by arena. */
void
_PyGlassbox_PymallocTotal(int event, const struct _obmalloc_state *state)
{
    gbx_alloc_total sum = { .owner = owner_of(state), .large = (uint64_t)state->mgmt.raw_allocated_blocks };
    for (uint32_t i = 0; i < state->mgmt.maxarenas; i++) {
        if (state->mgmt.arenas[i].address != 0) {
            add_arena(&sum, &state->mgmt.arenas[i]);
        }
    }
    uint32_t dt;
    gbx_alloc_total *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = sum;
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
    }
}

/* Arenas and pools as a recording begins; blocks are told by their pool's count. */
void
_PyGlassbox_PymallocFound(const struct _obmalloc_state *state)
{
    uint32_t owner = owner_of(state);
    for (uint32_t i = 0; i < state->mgmt.maxarenas; i++) {
        const struct arena_object *arena = &state->mgmt.arenas[i];
        if (arena->address == 0) {
            continue;
        }
        record_arena(GBX_EV_ARENA_FOUND, owner, arena->address, arena->ntotalpools);
        uintptr_t end = (uintptr_t)arena->pool_address;
        for (uintptr_t at = first_pool(arena); at < end; at += POOL_SIZE) {
            const struct pool_header *pool = (const struct pool_header *)at;
            if (pool->ref.count > 0) {
                record_pool(GBX_EV_POOL_FOUND, owner, pool);
            }
        }
    }
    _PyGlassbox_PymallocTotal(GBX_EV_ALLOC_FOUND, state);
}

#endif /* WITH_PYMALLOC */

/* ------------------------------------------------------------------ large ones */

void
_PyGlassbox_LargeDomain(int domain)
{
    _PyGlassbox_stream.domain = (uint8_t)domain;
}

/* For whom the raw allocator works.  The first thing it does is for them; what it does besides (where
   tracemalloc stands in between, it keeps its own accounts by the same allocator) is its own. */
static inline uint8_t
take_domain(void)
{
    uint8_t domain = _PyGlassbox_stream.domain;
    _PyGlassbox_stream.domain = GBX_DOMAIN_RAW;
    return domain;
}

void
_PyGlassbox_LargeAlloc(uintptr_t block, size_t size)
{
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_large *record = block == 0 ? NULL : gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        uint16_t offset;
        uint32_t code = running(tstate, &offset);
        *(uint64_t *)record = gbx_first(GBX_EV_LARGE_ALLOC, take_domain(), 0, code);
        record->size = size;
        gbx_put_at(record->address, (const void *)block, offset);
        publish(record, sizeof(*record));
    }
}

void
_PyGlassbox_LargeMove(uintptr_t block, uintptr_t old, size_t size)
{
    if (old == 0) {
        _PyGlassbox_LargeAlloc(block, size);
        return;
    }
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_large_move *record = block == 0 ? NULL : gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        uint16_t offset;
        uint32_t code = running(tstate, &offset);
        *(uint64_t *)record = gbx_first(GBX_EV_LARGE_MOVE, take_domain(), 0, code);
        record->size = size;
        gbx_put_at(record->address, (const void *)block, offset);
        record->old_address = old;
        publish(record, sizeof(*record));
    }
}

void
_PyGlassbox_LargeFree(const void *block)
{
    if (block != NULL) {
        record_at(GBX_EV_LARGE_FREE, take_domain(), block);
    }
}

/* ------------------------------------------------------------------ mimalloc */

/* A block's record has 16 bits for its size; larger ones are recorded as large. */
void
_PyGlassbox_HeapBlockAlloc(int domain, uintptr_t block, size_t size)
{
    if (size <= UINT16_MAX && block != 0) {
        _PyGlassbox_BlockAlloc(domain == GBX_DOMAIN_MEM ? NULL : GLASSBOX_CTX_OBJ, (const void *)block, size);
        return;
    }
    _PyGlassbox_stream.domain = (uint8_t)domain;
    _PyGlassbox_LargeAlloc(block, size);
    _PyGlassbox_stream.domain = GBX_DOMAIN_RAW;
}

/* What moved was given back before this can be said: another thread may have it by now. */
void
_PyGlassbox_HeapBlockMove(int domain, uintptr_t block, uintptr_t old, size_t size)
{
    if (block == 0) {
        return;
    }
    if (block == old && size <= UINT16_MAX) {
        gbx_block_site site;
        (void)record_block(GBX_EV_BLOCK_RESIZE, (uint8_t)domain, (const void *)block, size, &site);
        return;
    }
    if (old != 0) {
        _PyGlassbox_BlockFree((const void *)old);
    }
    _PyGlassbox_HeapBlockAlloc(domain, block, size);
}

/* As a recording begins; of the size of its page, since nobody noted what was asked for. */
void
_PyGlassbox_BlockFound(int domain, const void *block, size_t size)
{
    gbx_large *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->size = size;
        gbx_put_at(record->address, block, GBX_NO_OFFSET);
        gbx_commit(record, sizeof(*record), GBX_EV_BLOCK_FOUND, (uint8_t)domain, 0, 0);
    }
}

/* A page is some 64 KiB of a segment, for blocks of one size of one heap of one thread. */
void
_PyGlassbox_HeapPage(int event, int heap, uint32_t blocks, uint32_t size, const void *start)
{
    gbx_heap_page *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->heap = (uint32_t)heap;
        record->blocks = blocks;
        record->address = (uint64_t)(uintptr_t)start;
        record->size = size;
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)heap, 0, 0);
    }
}

void
_PyGlassbox_HeapSegment(int event, const void *segment, size_t size)
{
    uint32_t dt;
    gbx_large *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->size = size;
        gbx_put_at(record->address, segment, GBX_NO_OFFSET);
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
    }
}

/* Memory that a reader without a lock may still look at waits until none can; see Python/qsbr.c. */
void
_PyGlassbox_FreeDelayed(int event, uintptr_t tagged)
{
    record_at((uint8_t)event, tagged & 1 ? GBX_DOMAIN_OBJ : GBX_DOMAIN_MEM,
              (const void *)(tagged & ~(uintptr_t)1));
}

/* ------------------------------------------------------------------ free lists */

void
_PyGlassbox_Freelist(int event, int list, const void *item)
{
    record_at((uint8_t)event, (uint8_t)list, item);
}

#endif /* Py_GLASSBOX */
