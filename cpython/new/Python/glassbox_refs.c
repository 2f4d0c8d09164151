/* Glassbox references: what every change of a watched object's reference count records.

   With the GIL the hooks stand before the operation (Include/internal/glassbox_refs.h says why) and
   tell from the count as it is what the operation is about to do.  A record holds the count after it,
   the change, the Python instruction that runs and the address in the C function that does it: the
   hook's own return address, since the operation is inlined there.

   Nothing here may touch a refcount, allocate, raise, or look into an object beyond its head: it may be
   half built, or half gone. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

/* What one record says. */
typedef struct {
    uint8_t event;
    uint8_t how;
    uint32_t watch;
    int32_t delta;
    uint32_t local;
    int64_t shared;
    const void *caller;
} reference;

static void
record(const reference *it)
{
    PyThreadState *tstate = _PyThreadState_GET();
    uint16_t offset;
    uint32_t dt, code = _PyGlassbox_Running(tstate, &offset);
    gbx_ref *into = gbx_begin(sizeof(*into), tstate, false, &dt);
    if (into != NULL) {
        into->watch = it->watch;
        into->code = code;
        into->caller = (uint64_t)(uintptr_t)it->caller;
        into->delta = it->delta;
        into->local = it->local;
        into->shared = it->shared;
        gbx_commit(into, sizeof(*into), it->event, it->how, offset, dt);
    }
}

/* Who does the operation: what GLASSBOX_REF_BY left, else the hook's return address. */
static const void *
take_by(const void *otherwise)
{
    const void *by = _PyGlassbox_stream.ref_by;
    _PyGlassbox_stream.ref_by = NULL;
    return by != NULL ? by : otherwise;
}

static uint8_t
take_how(uint8_t otherwise)
{
    uint8_t how = _PyGlassbox_stream.ref_how;
    _PyGlassbox_stream.ref_how = GBX_REF_PLAIN;
    return how != GBX_REF_PLAIN ? how : otherwise;
}

void
_PyGlassbox_RefBy(PyObject *object, const void *caller)
{
    if (object != NULL) {
        _PyGlassbox_stream.ref_by = caller;
    }
}

void
_PyGlassbox_RefHow(int how)
{
    _PyGlassbox_stream.ref_how = (uint8_t)how;
}

/* The end of a watched object, or what looks like it: see _PyGlassbox_WatchDead(). */
void
_PyGlassbox_RefDealloc(PyObject *object, const void *caller)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    caller = take_by(caller);
    uint32_t watch = _PyGlassbox_WatchFind(object);
    if (watch == 0) {
        return;
    }
    if (stream->ref_dying == object) {
        caller = stream->ref_dying_by;
    }
    stream->ref_dying = NULL;
    record(&(reference){ .event = GBX_EV_REF_DEALLOC, .watch = watch, .caller = caller });
    _PyGlassbox_WatchDead(object, true);
}

#ifndef Py_GIL_DISABLED

/* The count is about to change by `delta`, or would if the object were mortal. */
static inline void
change(PyObject *object, uint8_t how, Py_ssize_t delta, const void *caller)
{
    caller = take_by(caller);
    uint32_t watch = _PyGlassbox_WatchFind(object);
    if (watch == 0) {
        return;
    }
    Py_ssize_t count = object->ob_refcnt;
    reference it = { .how = how, .watch = watch, .local = (uint32_t)count, .caller = caller };
    if (_Py_IsImmortal(object)) {
        it.event = GBX_EV_REF_SKIP;
    }
    else {
        it.event = delta > 0 ? GBX_EV_REF_INC : GBX_EV_REF_DEC;
        it.delta = (int32_t)delta;
        it.local = (uint32_t)(count + delta);
    }
    if (it.local == 0) {
        _PyGlassbox_stream.ref_dying = object;
        _PyGlassbox_stream.ref_dying_by = caller;
    }
    record(&it);
}

void
_PyGlassbox_RefInc(PyObject *object)
{
    change(object, GBX_REF_PLAIN, 1, __builtin_return_address(0));
}

void
_PyGlassbox_RefDec(PyObject *object)
{
    change(object, GBX_REF_PLAIN, -1, __builtin_return_address(0));
}

void
_PyGlassbox_RefAdd(PyObject *object, Py_ssize_t delta)
{
    change(object, GBX_REF_MANY, delta, __builtin_return_address(0));
}

static void
store(PyObject *object, uint8_t how, Py_ssize_t count, bool always, const void *caller)
{
    uint32_t watch = _PyGlassbox_WatchFind(object);
    if (watch == 0) {
        return;
    }
    reference it = { .event = GBX_EV_REF_SET, .how = how, .watch = watch, .local = (uint32_t)count,
                     .caller = caller };
    if (!always && _Py_IsImmortal(object)) {
        it.event = GBX_EV_REF_SKIP;
        it.local = (uint32_t)object->ob_refcnt;
    }
    record(&it);
    if (it.event == GBX_EV_REF_SET) {
        _PyGlassbox_WatchDead(object, count == 0);
    }
}

void
_PyGlassbox_RefSet(PyObject *object, Py_ssize_t count)
{
    store(object, take_how(GBX_REF_PLAIN), count, false, take_by(__builtin_return_address(0)));
}

/* A birth at the address of a watched object: if that one was not seen to die, this record says so; in
   either case the watch is over. */
void
_PyGlassbox_RefStore(PyObject *object, int how, Py_ssize_t count)
{
    if (how != GBX_REF_NEW) {
        store(object, (uint8_t)how, count, true, __builtin_return_address(0));
    }
    else if (_PyGlassbox_WatchFind(object) != 0) {
        if (!_PyGlassbox_WatchIsDead(object)) {
            store(object, GBX_REF_NEW, count, true, __builtin_return_address(0));
        }
        _PyGlassbox_WatchForget(object);
    }
}

#else
void _PyGlassbox_RefInc(PyObject *Py_UNUSED(object)) {}
void _PyGlassbox_RefDec(PyObject *Py_UNUSED(object)) {}
void _PyGlassbox_RefAdd(PyObject *Py_UNUSED(object), Py_ssize_t Py_UNUSED(delta)) {}
void _PyGlassbox_RefSet(PyObject *Py_UNUSED(object), Py_ssize_t Py_UNUSED(count)) {}

void
_PyGlassbox_RefStore(PyObject *object, int how, Py_ssize_t Py_UNUSED(count))
{
    if (how == GBX_REF_NEW) {
        _PyGlassbox_WatchForget(object);
    }
}
#endif

#endif /* Py_GLASSBOX */
