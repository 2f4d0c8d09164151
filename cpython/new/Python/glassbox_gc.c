/* Glassbox gc: what the collectors of both builds report.

   The hooks hold no state: a phase counts in a variable of its own function, and a verdict is read off the
   list that the collector has put an object into.  So a recording may begin or end in mid-collection, and
   collections of several interpreters may run at once.

   A hook here runs while the lists are half sorted, the links carry marks, or (free-threaded) the world is
   stopped and owners' fields are in use for something else: it may read, and nothing more.  It must not
   allocate, raise, run Python code or touch a reference count. */

#include "Python.h"
#include "pycore_gc.h"             // _Py_FROM_GC()
#include "pycore_glassbox_gc.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_interp.h"         // PyInterpreterState.gc
#include "pycore_pystate.h"        // _PyThreadState_GET()
#include "pycore_tstate.h"         // _PyThreadStateImpl.gc

#if Py_GLASSBOX

static inline uint32_t
clamped(Py_ssize_t number)
{
    return number < 0 ? 0 : (size_t)number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static inline int
count_of(struct _gc_runtime_state *gc, int generation)
{
    return _Py_atomic_load_int_relaxed(&gc->generations[generation].count);
}

/* gc.scheduled and gc.start: where, and how full the generation is.  A count below zero (free-threaded:
   one thread frees what another has not yet counted) is recorded as 0. */
static void
record_start(PyThreadState *tstate, uint8_t event, int generation, int reason)
{
    struct _gc_runtime_state *gc = &tstate->interp->gc;
    uint16_t offset;
    uint32_t dt, code = _PyGlassbox_Running(tstate, &offset);
    gbx_gc_start *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        memset((char *)record + sizeof(gbx_head), 0, sizeof(*record) - sizeof(gbx_head));
        record->code = code;
        record->count = clamped(count_of(gc, generation));
        record->threshold = clamped(gc->generations[generation].threshold);
        record->reason = (uint8_t)reason;
        gbx_commit(record, sizeof(*record), event, (uint8_t)generation, offset, dt);
    }
}

void
_PyGlassbox_GcScheduled(PyThreadState *tstate)
{
    record_start(tstate, GBX_EV_GC_SCHEDULED, 0, GBX_GC_REASON_HEAP);
}

void
_PyGlassbox_GcStart(PyThreadState *tstate, int generation, int reason)
{
    record_start(tstate, GBX_EV_GC_START, generation, reason);
}

void
_PyGlassbox_GcPhase(int phase, Py_ssize_t objects)
{
    uint32_t dt;
    gbx_gc_phase *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->objects = clamped(objects);
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_GC_PHASE, (uint8_t)phase, 0, dt);
    }
}

/* Of one object, if it is watched. */
void
_PyGlassbox_GcVerdict(const PyObject *op, int verdict)
{
    uint32_t watch = _PyGlassbox_WatchFind(op);
    if (watch == 0) {
        return;
    }
    gbx_gc_verdict *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->watch = watch;
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_GC_VERDICT, (uint8_t)verdict, 0, 0);
    }
}

#ifndef Py_GIL_DISABLED
/* The length of a list of the collector, and the verdict (-1: none) on what is watched in it.  Its links
   may carry the mark of move_unreachable(). */
Py_ssize_t
_PyGlassbox_GcList(PyGC_Head *list, int verdict)
{
    const uintptr_t marks = 3;
    Py_ssize_t length = 0;
    bool watching = GLASSBOX_GC_WATCHING && verdict >= 0;
    PyGC_Head *gc = (PyGC_Head *)(list->_gc_next & ~marks);
    for (; gc != list; gc = (PyGC_Head *)(gc->_gc_next & ~marks)) {
        length++;
        if (watching) {
            _PyGlassbox_GcVerdict(_Py_FROM_GC(gc), verdict);
        }
    }
    return length;
}

void
_PyGlassbox_GcVerdicts(PyGC_Head *reachable, PyGC_Head *unreachable)
{
    Py_ssize_t objects = _PyGlassbox_GcList(reachable, GBX_VERDICT_REACHABLE);
    objects += _PyGlassbox_GcList(unreachable, GBX_VERDICT_UNREACHABLE);
    _PyGlassbox_GcPhase(GBX_GC_PHASE_VERDICTS, objects);
}
#endif

void
_PyGlassbox_GcUntrack(PyTypeObject *type, Py_ssize_t objects)
{
    uint32_t id = gbx_type_id(type);
    gbx_gc_untrack *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record != NULL) {
        record->objects = clamped(objects);
        record->type = id;
        gbx_commit(record, sizeof(*record), GBX_EV_GC_UNTRACK, 0, 0, 0);
    }
}

void
_PyGlassbox_GcDone(PyThreadState *tstate, int generation, Py_ssize_t collected, Py_ssize_t uncollectable)
{
    struct _gc_runtime_state *gc = &tstate->interp->gc;
    uint32_t dt;
    gbx_gc_done *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        record->collected = clamped(collected);
        record->uncollectable = clamped(uncollectable);
        for (int i = 0; i < 3; i++) {
            record->count[i] = (uint32_t)count_of(gc, i);
        }
        record->long_lived = clamped(gc->long_lived_total);
        gbx_commit(record, sizeof(*record), GBX_EV_GC_DONE, (uint8_t)generation, 0, dt);
    }
}

/* ----------------------------------------------------- free-threaded build */

/* Called before the thread's own count is set to 0 and after it was added; other threads add at the same
   time, so `total` is the count at about this moment. */
void
_PyGlassbox_GcFlush(PyThreadState *tstate)
{
#ifdef Py_GIL_DISABLED
    gbx_gc_flush *record = gbx_reserve(sizeof(*record), tstate, false);
    if (record != NULL) {
        record->count = (int32_t)((_PyThreadStateImpl *)tstate)->gc.alloc_count;
        record->total = count_of(&tstate->interp->gc, 0);
        gbx_commit(record, sizeof(*record), GBX_EV_GC_FLUSH, 0, 0, 0);
    }
#else
    (void)tstate;
#endif
}

void
_PyGlassbox_World(int event, bool everyone, Py_ssize_t threads)
{
    uint32_t dt;
    gbx_world *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->threads = clamped(threads);
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), (uint8_t)event, everyone, 0, dt);
    }
}

#endif /* Py_GLASSBOX */
