/* Glassbox found: what the allocators and free lists hold as a recording begins, and what the allocators
   say of themselves at each mark.

   With the first, the sums of a reader are the allocator's own from the start, however late that is; with
   the second it can tell that they are.  Without the GIL the world must stand still meanwhile: the caller
   of AllocFound() has stopped it; AllocTotal() stops it itself, as sys.getallocatedblocks() does.

   Called by start(), stop() and mark(), never by a hook.  Must not allocate Python memory. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_found.h"
#include "pycore_ceval.h"          // _PyEval_StopTheWorldAll()
#include "pycore_context.h"        // PyContext
#include "pycore_freelist.h"       // struct _Py_object_freelists
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_object_stack.h"   // _PyObjectStackChunk
#include "pycore_obmalloc.h"       // struct _obmalloc_state
#include "pycore_pystate.h"        // _PyThreadState_GET(), _Py_object_freelists_GET()

#if Py_GLASSBOX

/* ------------------------------------------------------------------ free lists */

#define FOUND(LIST, ITEM) _PyGlassbox_Freelist(GBX_EV_FREELIST_FOUND, GBX_FREELIST_##LIST, (ITEM))

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
}

/* Of an interpreter, not of a thread. */
static void
found_errors(PyInterpreterState *interp)
{
    PyBaseExceptionObject *error = interp->exc_state.memerrors_freelist;
    for (; error != NULL; error = (PyBaseExceptionObject *)error->dict) {
        FOUND(MEMORY_ERROR, error);
    }
}

/* ------------------------------------------------------------------ mimalloc */

#ifdef Py_GIL_DISABLED

#define EACH_THREAD(INTERP, T) \
    for (PyThreadState *T = (INTERP)->threads.head; (T) != NULL; (T) = (T)->next)

/* NULL where the thread has not come to have heaps. */
static struct _mimalloc_thread_state *
heaps_of(PyThreadState *tstate)
{
    struct _mimalloc_thread_state *state = &((_PyThreadStateImpl *)tstate)->mimalloc;
    return _Py_atomic_load_int(&state->initialized) ? state : NULL;
}

/* Blocks that another thread freed and that their heap has not taken back. */
static mi_block_t *
first_waiting(mi_heap_t *heap)
{
    return mi_atomic_load_ptr_acquire(mi_block_t, &heap->thread_delayed_free);
}

static mi_block_t *
next_waiting(mi_heap_t *heap, const mi_block_t *block)
{
    return mi_block_nextx(heap, block, heap->keys);
}

/* Of the blocks that a page counts as used, those that another thread has freed already. */
static uint64_t
freed_by_others(mi_page_t *page)
{
    uint64_t count = 0;
    for (mi_block_t *block = mi_page_thread_free(page); block != NULL; block = mi_block_next(page, block)) {
        count++;
    }
    return count;
}

static void
add_page(gbx_alloc_total *sum, uint64_t used, uint64_t size)
{
    sum->pools += used > 0;
    sum->blocks += used;
    sum->bytes += used * size;
}

/* Page by page, and changing nothing: mi_heap_visit_blocks() would take back what others freed. */
static void
add_heap(gbx_alloc_total *sum, mi_heap_t *heap)
{
    for (size_t i = 0; i <= MI_BIN_FULL; i++) {
        for (mi_page_t *page = heap->pages[i].first; page != NULL; page = page->next) {
            add_page(sum, page->used - freed_by_others(page), mi_page_block_size(page));
        }
    }
    for (mi_block_t *block = first_waiting(heap); block != NULL; block = next_waiting(heap, block)) {
        sum->waiting++;
    }
}

/* A page that a thread left behind. */
static bool
add_abandoned(const mi_heap_t *Py_UNUSED(heap), const mi_heap_area_t *area, void *block,
              size_t Py_UNUSED(size), void *sum)
{
    if (block == NULL) {
        add_page((gbx_alloc_total *)sum, area->used, area->full_block_size);
    }
    return true;
}

static void
add_interpreter(gbx_alloc_total *sum, PyInterpreterState *interp)
{
    EACH_THREAD(interp, tstate) {
        struct _mimalloc_thread_state *state = heaps_of(tstate);
        for (int tag = 0; state != NULL && tag < _Py_MIMALLOC_HEAP_COUNT; tag++) {
            add_heap(sum, &state->heaps[tag]);
        }
        sum->arenas += state == NULL ? 0 : (uint32_t)state->tld.segments.count;
    }
    mi_abandoned_pool_t *pool = &interp->mimalloc.abandoned_pool;
    sum->arenas += (uint32_t)(mi_atomic_load_relaxed(&pool->abandoned_count)
                              + mi_atomic_load_relaxed(&pool->abandoned_visited_count));
    for (uint8_t tag = 0; tag < _Py_MIMALLOC_HEAP_COUNT; tag++) {
        _mi_abandoned_pool_visit_blocks(pool, tag, false, add_abandoned, sum);
    }
}

static void
record_total(int event)
{
    gbx_alloc_total sum = {0};
    HEAD_LOCK(&_PyRuntime);
    for (PyInterpreterState *i = PyInterpreterState_Head(); i != NULL; i = PyInterpreterState_Next(i)) {
        add_interpreter(&sum, i);
    }
    HEAD_UNLOCK(&_PyRuntime);
    uint32_t dt;
    gbx_alloc_total *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = sum;
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
    }
}

typedef struct {
    int tag;
    gbx_addresses waiting;         /* freed, though their page does not know yet */
    gbx_addresses segments;        /* told already */
} telling;

/* A page, when `block` is NULL, then each block of it that is in use. */
static bool
tell_block(const mi_heap_t *Py_UNUSED(heap), const mi_heap_area_t *area, void *block, size_t size, void *arg)
{
    telling *t = (telling *)arg;
    if (block != NULL) {
        if (!_PyGlassbox_AddressKnown(&t->waiting, block)) {
            _PyGlassbox_BlockFound(t->tag == _Py_MIMALLOC_HEAP_MEM ? GBX_DOMAIN_MEM : GBX_DOMAIN_OBJ, block, size);
        }
        return true;
    }
    mi_page_t *page = _mi_ptr_page(area->blocks);
    mi_segment_t *segment = _mi_page_segment(page);
    if (_PyGlassbox_AddressAdd(&t->segments, segment) > 0) {
        _PyGlassbox_HeapSegment(GBX_EV_HEAP_SEGMENT_FOUND, segment,
                                segment->segment_slices * MI_SEGMENT_SLICE_SIZE);
    }
    _PyGlassbox_HeapPage(GBX_EV_HEAP_PAGE_FOUND, t->tag, page->reserved, page->xblock_size, area->blocks);
    return true;
}

static void
tell_interpreter(telling *t, PyInterpreterState *interp)
{
    EACH_THREAD(interp, tstate) {
        struct _mimalloc_thread_state *state = heaps_of(tstate);
        for (t->tag = 0; state != NULL && t->tag < _Py_MIMALLOC_HEAP_COUNT; t->tag++) {
            mi_heap_t *heap = &state->heaps[t->tag];
            for (mi_block_t *block = first_waiting(heap); block != NULL; block = next_waiting(heap, block)) {
                _PyGlassbox_AddressAdd(&t->waiting, block);
            }
            mi_heap_visit_blocks(heap, true, tell_block, t);
        }
    }
    for (t->tag = 0; t->tag < _Py_MIMALLOC_HEAP_COUNT; t->tag++) {
        _mi_abandoned_pool_visit_blocks(&interp->mimalloc.abandoned_pool, (uint8_t)t->tag, true, tell_block, t);
    }
}

static void
found_blocks(void)
{
    telling t = {0};
    HEAD_LOCK(&_PyRuntime);
    for (PyInterpreterState *i = PyInterpreterState_Head(); i != NULL; i = PyInterpreterState_Next(i)) {
        tell_interpreter(&t, i);
        EACH_THREAD(i, tstate) {
            found_arrays(&((_PyThreadStateImpl *)tstate)->freelists);
            found_chains(&((_PyThreadStateImpl *)tstate)->freelists);
        }
        found_errors(i);
    }
    HEAD_UNLOCK(&_PyRuntime);
    _PyGlassbox_AddressesClear(&t.waiting);
    _PyGlassbox_AddressesClear(&t.segments);
    record_total(GBX_EV_ALLOC_FOUND);
}

/* Not where the interpreter ends: threads that hang there for good would be waited for. */
void
_PyGlassbox_AllocTotal(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    if (tstate != NULL && _PyRuntimeState_GetFinalizing(&_PyRuntime) == NULL) {
        _PyEval_StopTheWorldAll(&_PyRuntime);
        record_total(GBX_EV_ALLOC_TOTAL);
        _PyEval_StartTheWorldAll(&_PyRuntime);
    }
}

/* ------------------------------------------------------------------ pymalloc */

#else

/* The allocator that the calling thread uses; NULL: it has none, or not pymalloc. */
static struct _obmalloc_state *
own_state(void)
{
#ifdef WITH_PYMALLOC
    PyThreadState *tstate = _PyThreadState_GET();
    return tstate == NULL ? NULL : tstate->interp->obmalloc;
#else
    return NULL;
#endif
}

static void
found_blocks(void)
{
    if (own_state() != NULL) {
        _PyGlassbox_PymallocFound(own_state());
    }
    found_arrays(_Py_object_freelists_GET());
    found_chains(_Py_object_freelists_GET());
    found_errors(_PyInterpreterState_GET());
}

void
_PyGlassbox_AllocTotal(void)
{
    if (own_state() != NULL) {
        _PyGlassbox_PymallocTotal(GBX_EV_ALLOC_TOTAL, own_state());
    }
}

#endif

/* Nothing before there is an interpreter. */
void
_PyGlassbox_AllocFound(void)
{
    if (_PyThreadState_GET() != NULL) {
        found_blocks();
    }
}

#endif /* Py_GLASSBOX */
