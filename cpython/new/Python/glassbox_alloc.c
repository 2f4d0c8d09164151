/* Glassbox alloc: what the allocators do.

   Hooks lie inside pymalloc (arenas, pools, blocks), in the raw allocator (which also serves the large
   blocks of the two domains above it, and says for which), and where free lists give, take and drop.
   They write records of one to three words without a time: a block lives for some ten nanoseconds.
   When a recording begins in an interpreter that runs already, what its allocator and its free lists
   hold is told first, so that a reader's sums are the allocator's own; at each mark the allocator's own
   sums are written beside them.

   A hook here runs inside malloc(), on any thread, with or without the GIL: it must not allocate, and
   must look at nothing but its arguments, the thread's own state and the stream. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // running_code(), frame_offset()
#include "pycore_freelist.h"       // struct _Py_object_freelists
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_object_stack.h"   // _PyObjectStackChunk
#include "pycore_obmalloc.h"       // struct arena_object, pool_header
#include "pycore_context.h"        // PyContext
#include "pycore_pystate.h"        // _PyThreadState_GET(), _Py_object_freelists_GET()

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

static inline void
record_at(uint8_t event, uint8_t flags, const void *address)
{
    uint64_t *record = gbx_reserve(sizeof(gbx_at), _PyThreadState_GET(), false);
    if (record != NULL) {
        *record = gbx_at_word(event, flags, address);
        gbx_publish(record, sizeof(gbx_at));
    }
}

/* ------------------------------------------------------------------ pymalloc */

void
_PyGlassbox_BlockAlloc(int event, const void *ctx, const void *block, size_t size)
{
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_block *record = gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        uint8_t domain = ctx == NULL ? GBX_DOMAIN_MEM : GBX_DOMAIN_OBJ;
        uint16_t offset;
        uint32_t code = running(tstate, &offset);
        *(uint64_t *)record = gbx_first((uint8_t)event, domain, (uint16_t)size, code);
        gbx_put_at(record->address, block, offset);
        publish(record, sizeof(*record));
    }
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
static void
record_total(int event, const struct _obmalloc_state *state)
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

/* The allocator that the calling thread uses; NULL: it has none, or not pymalloc. */
static struct _obmalloc_state *
own_state(void)
{
#ifdef Py_GIL_DISABLED
    return NULL;
#else
    PyThreadState *tstate = _PyThreadState_GET();
    return tstate == NULL ? NULL : tstate->interp->obmalloc;
#endif
}

void
_PyGlassbox_AllocTotal(void)
{
    if (own_state() != NULL) {
        record_total(GBX_EV_ALLOC_TOTAL, own_state());
    }
}

static void
record_found(const struct _obmalloc_state *state)
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
    record_total(GBX_EV_ALLOC_FOUND, state);
}

#else
void _PyGlassbox_AllocTotal(void) {}
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
_PyGlassbox_LargeAlloc(const void *block, size_t size)
{
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_large *record = block == NULL ? NULL : gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        uint16_t offset;
        uint32_t code = running(tstate, &offset);
        *(uint64_t *)record = gbx_first(GBX_EV_LARGE_ALLOC, take_domain(), 0, code);
        record->size = size;
        gbx_put_at(record->address, block, offset);
        publish(record, sizeof(*record));
    }
}

void
_PyGlassbox_LargeMove(const void *block, const void *old, size_t size)
{
    if (old == NULL) {
        _PyGlassbox_LargeAlloc(block, size);
        return;
    }
    PyThreadState *tstate = _PyThreadState_GET();
    gbx_large_move *record = block == NULL ? NULL : gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        uint16_t offset;
        uint32_t code = running(tstate, &offset);
        *(uint64_t *)record = gbx_first(GBX_EV_LARGE_MOVE, take_domain(), 0, code);
        record->size = size;
        gbx_put_at(record->address, block, offset);
        record->old_address = (uint64_t)(uintptr_t)old;
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
_PyGlassbox_HeapBlockAlloc(int domain, const void *block, size_t size)
{
    if (size <= UINT16_MAX && block != NULL) {
        _PyGlassbox_BlockAlloc(GBX_EV_BLOCK_ALLOC, domain == GBX_DOMAIN_MEM ? NULL : GLASSBOX_CTX_OBJ,
                               block, size);
        return;
    }
    _PyGlassbox_stream.domain = (uint8_t)domain;
    _PyGlassbox_LargeAlloc(block, size);
    _PyGlassbox_stream.domain = GBX_DOMAIN_RAW;
}

/* What moved was given back before this can be said: another thread may have it by now. */
void
_PyGlassbox_HeapBlockMove(int domain, const void *block, const void *old, size_t size)
{
    if (block == NULL) {
        return;
    }
    if (old != NULL && block == old && size <= UINT16_MAX) {
        _PyGlassbox_BlockAlloc(GBX_EV_BLOCK_RESIZE, domain == GBX_DOMAIN_MEM ? NULL : GLASSBOX_CTX_OBJ,
                               block, size);
        return;
    }
    if (old != NULL) {
        _PyGlassbox_BlockFree(old);
    }
    _PyGlassbox_HeapBlockAlloc(domain, block, size);
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

#define FOUND(LIST, ITEM) record_at(GBX_EV_FREELIST_FOUND, GBX_FREELIST_##LIST, (ITEM))

static void
found_arrays(const struct _Py_object_freelists *lists)
{
    for (int i = 0; i < lists->lists.numfree; i++) {
        FOUND(LIST, lists->lists.items[i]);
    }
    for (int i = 0; i < lists->dicts.numfree; i++) {
        FOUND(DICT, lists->dicts.items[i]);
    }
    for (int i = 0; i < lists->dictkeys.numfree; i++) {
        FOUND(DICTKEYS, lists->dictkeys.items[i]);
    }
    for (int i = 0; i < lists->async_gens.numfree; i++) {
        FOUND(ASYNC_GEN, lists->async_gens.items[i]);
    }
    for (int i = 0; i < lists->async_gen_asends.numfree; i++) {
        FOUND(ASYNC_GEN_ASEND, lists->async_gen_asends.items[i]);
    }
    if (lists->slices.slice_cache != NULL) {
        FOUND(SLICE, lists->slices.slice_cache);
    }
}

/* Lists whose items hold the next one's address, each where its own kind has room for it. */
static void
found_chains(const struct _Py_object_freelists *lists)
{
    for (PyFloatObject *item = lists->floats.items; item != NULL; item = (PyFloatObject *)Py_TYPE(item)) {
        FOUND(FLOAT, item);
    }
    for (int i = 0; i < PyTuple_NFREELISTS; i++) {
        for (PyTupleObject *item = lists->tuples.items[i]; item != NULL;
             item = (PyTupleObject *)item->ob_item[0]) {
            FOUND(TUPLE, item);
        }
    }
    PyContext *context = lists->contexts.items;
    for (int i = 0; i < lists->contexts.numfree; i++, context = (PyContext *)context->ctx_weakreflist) {
        FOUND(CONTEXT, context);
    }
    _PyObjectStackChunk *chunk = lists->object_stacks.items;
    for (Py_ssize_t i = 0; i < lists->object_stacks.numfree; i++, chunk = chunk->prev) {
        FOUND(OBJECT_STACK, chunk);
    }
    PyBaseExceptionObject *error = _PyInterpreterState_GET()->exc_state.memerrors_freelist;
    for (; error != NULL; error = (PyBaseExceptionObject *)error->dict) {
        FOUND(MEMORY_ERROR, error);
    }
}

/* What the calling thread's allocator and free lists hold as a recording begins; nothing before there
   is an interpreter. */
void
_PyGlassbox_AllocFound(void)
{
    if (_PyThreadState_GET() == NULL) {
        return;
    }
#ifdef WITH_PYMALLOC
    if (own_state() != NULL) {
        record_found(own_state());
    }
#endif
    found_arrays(_Py_object_freelists_GET());
    found_chains(_Py_object_freelists_GET());
}

#endif /* Py_GLASSBOX */
