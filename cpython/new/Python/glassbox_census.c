/* Glassbox census: the objects that live when a recording of class obj begins.

   From what the collector tracks, the frames that run, the interned strings and the types, everything is
   visited that they refer to, by tp_traverse, as a collection would.  Each object is told once.  Not found
   are objects that the collector does not track and that C code alone holds: in a variable of an extension,
   on the stack of a call that is going on.  A reader knows them by their death.  Objects in the
   interpreter's own data (None, small ints, static types) are part of the program, not born and not told.

   With the GIL held, or the world stopped.  Allocates no Python memory and touches no reference count;
   it must not be called by a hook. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_found.h"
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_gc.h"             // _PyGCHead_NEXT()
#include "pycore_global_objects.h" // _Py_INTERP_CACHED_OBJECT()
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_object.h"         // _PyObject_GC_IS_TRACKED()
#include "pycore_pymem.h"          // _PyMem_DebugEnabled()
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#include <sys/mman.h>

/* ------------------------------------------------------------ sets of addresses */

#define FIRST_ROOM ((size_t)1 << 16)

static size_t
slot_of(const gbx_addresses *set, uintptr_t address)
{
    size_t slot = (size_t)((address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->room - 1);
    while (set->slots[slot] != 0 && set->slots[slot] != address) {
        slot = (slot + 1) & (set->room - 1);
    }
    return slot;
}

static bool
make_room(gbx_addresses *set)
{
    gbx_addresses larger = { .room = set->room == 0 ? FIRST_ROOM : set->room * 2, .count = set->count };
    void *slots = mmap(NULL, larger.room * sizeof(uintptr_t), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED) {
        return false;
    }
    larger.slots = (uintptr_t *)slots;
    for (size_t i = 0; i < set->room; i++) {
        if (set->slots[i] != 0) {
            larger.slots[slot_of(&larger, set->slots[i])] = set->slots[i];
        }
    }
    _PyGlassbox_AddressesClear(set);
    *set = larger;
    return true;
}

int
_PyGlassbox_AddressAdd(gbx_addresses *set, const void *address)
{
    if (set->count * 2 >= set->room && !make_room(set)) {
        return -1;
    }
    size_t slot = slot_of(set, (uintptr_t)address);
    if (set->slots[slot] != 0) {
        return 0;
    }
    set->slots[slot] = (uintptr_t)address;
    set->count++;
    return 1;
}

bool
_PyGlassbox_AddressKnown(const gbx_addresses *set, const void *address)
{
    return set->count > 0 && set->slots[slot_of(set, (uintptr_t)address)] != 0;
}

void
_PyGlassbox_AddressesClear(gbx_addresses *set)
{
    if (set->slots != NULL) {
        munmap(set->slots, set->room * sizeof(uintptr_t));
    }
    *set = (gbx_addresses){0};
}

/* ------------------------------------------------------------------ the visit */

typedef struct {
    gbx_addresses seen;
    PyObject **open;               /* seen, and not yet asked what they refer to; mapped */
    size_t room, count;
    bool failed;                   /* no memory: what is told is not all */
} census;

static bool
make_open(census *c)
{
    size_t room = c->room == 0 ? FIRST_ROOM : c->room * 2;
    void *open = c->room == 0
        ? mmap(NULL, room * sizeof(PyObject *), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        : mremap(c->open, c->room * sizeof(PyObject *), room * sizeof(PyObject *), MREMAP_MAYMOVE);
    if (open == MAP_FAILED) {
        return false;
    }
    c->open = (PyObject **)open;
    c->room = room;
    return true;
}

/* In the data of the program itself. */
static bool
is_static(const PyObject *object)
{
    extern const char __ehdr_start __attribute__((weak, visibility("hidden")));
    extern const char _end __attribute__((weak, visibility("hidden")));
    const char *at = (const char *)object;
    return (at >= &__ehdr_start && at < &_end) ||
        (PyType_Check((PyObject *)object) && !PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE));
}

static int
visit(PyObject *object, void *arg)
{
    census *c = (census *)arg;
    if (object == NULL || c->failed || is_static(object)) {
        return 0;
    }
    int new = _PyGlassbox_AddressAdd(&c->seen, object);
    if (new < 0 || (new > 0 && c->count == c->room && !make_open(c))) {
        c->failed = true;
        return 0;
    }
    if (new > 0) {
        c->open[c->count++] = object;
        _PyGlassbox_ObjectFound(object);
    }
    return 0;
}

/* What those that are open refer to, until there is none. */
static void
follow(census *c)
{
    while (c->count > 0) {
        PyObject *object = c->open[--c->count];
        PyTypeObject *type = Py_TYPE(object);
        visit((PyObject *)type, c);
        if (type->tp_traverse != NULL && PyObject_IS_GC(object)) {
            type->tp_traverse(object, visit, c);
        }
    }
}

/* ------------------------------------------------------------------ where it begins */

#ifdef Py_GIL_DISABLED

typedef struct {
    census *c;
    Py_ssize_t offset;             /* of an object in its block */
} tracked;

static bool
visit_block(const mi_heap_t *Py_UNUSED(heap), const mi_heap_area_t *Py_UNUSED(area), void *block,
            size_t Py_UNUSED(size), void *arg)
{
    const tracked *t = (const tracked *)arg;
    PyObject *object = (PyObject *)((char *)block + t->offset);
    if (block != NULL && _PyObject_GC_IS_TRACKED(object)) {
        visit(object, t->c);
    }
    return true;
}

static void
visit_tracked(census *c, PyInterpreterState *interp)
{
    Py_ssize_t base = _PyMem_DebugEnabled() ? 2 * (Py_ssize_t)sizeof(size_t) : 0;
    tracked with[] = { { c, base }, { c, base + 2 * (Py_ssize_t)sizeof(PyObject *) } };
    for (int i = 0; i < 2; i++) {
        int tag = i == 0 ? _Py_MIMALLOC_HEAP_GC : _Py_MIMALLOC_HEAP_GC_PRE;
        for (PyThreadState *t = interp->threads.head; t != NULL; t = t->next) {
            struct _mimalloc_thread_state *state = &((_PyThreadStateImpl *)t)->mimalloc;
            if (_Py_atomic_load_int(&state->initialized)) {
                mi_heap_visit_blocks(&state->heaps[tag], true, visit_block, &with[i]);
            }
        }
        _mi_abandoned_pool_visit_blocks(&interp->mimalloc.abandoned_pool, (uint8_t)tag, true, visit_block,
                                        &with[i]);
    }
}

#else

static void
visit_list(census *c, PyGC_Head *list)
{
    for (PyGC_Head *gc = _PyGCHead_NEXT(list); gc != list; gc = _PyGCHead_NEXT(gc)) {
        visit(_Py_FROM_GC(gc), c);
    }
}

static void
visit_tracked(census *c, PyInterpreterState *interp)
{
    struct _gc_runtime_state *gc = &interp->gc;
    for (int i = 0; i < NUM_GENERATIONS; i++) {
        visit_list(c, &gc->generations[i].head);
    }
    visit_list(c, &gc->permanent_generation.head);
}

#endif

/* What a frame holds, but for the operands of the instruction that runs: how many there are is in a
   register of the loop. */
static void
visit_frames(census *c, PyThreadState *tstate)
{
    for (_PyInterpreterFrame *frame = tstate->current_frame; frame != NULL; frame = frame->previous) {
        if (frame->owner == FRAME_OWNED_BY_CSTACK || !PyCode_Check(frame->f_executable)) {
            continue;
        }
        visit(frame->f_executable, c);
        visit(frame->f_funcobj, c);
        visit(frame->f_locals, c);
        visit((PyObject *)frame->frame_obj, c);
        for (int i = 0; i < ((PyCodeObject *)frame->f_executable)->co_nlocalsplus; i++) {
            visit(frame->localsplus[i], c);
        }
    }
}

static void
visit_interpreter(census *c, PyInterpreterState *interp)
{
    visit_tracked(c, interp);
    visit(_Py_INTERP_CACHED_OBJECT(interp, interned_strings), c);
    for (PyThreadState *t = interp->threads.head; t != NULL; t = t->next) {
        visit_frames(c, t);
    }
    follow(c);
}

/* Of the calling thread's interpreter; nothing before there is one. */
void
_PyGlassbox_ObjectsFound(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    if (tstate != NULL) {
        census c = {0};
        visit_interpreter(&c, tstate->interp);
        _PyGlassbox_AddressesClear(&c.seen);
        if (c.open != NULL) {
            munmap(c.open, c.room * sizeof(PyObject *));
        }
    }
}

#endif /* Py_GLASSBOX */
