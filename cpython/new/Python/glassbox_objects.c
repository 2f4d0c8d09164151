/* Glassbox objects: births and deaths.

   Upstream marks every place where an object is born or dies for PyRefTracer (_PyReftracerTrack); the
   hooks ride on the marks.  Deaths that pass no mark have hooks of their own; EVENTS.md lists all.  These
   records have no time: they lie between those that do, and cost a third.  A hook must not allocate,
   raise, or touch a refcount; the object may be half built, or half gone. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()
#include "pycore_runtime.h"        // _PyRuntime.ref_tracer

#if Py_GLASSBOX

/* Bytes of the object, without what lies before its address; ob_size is set before an object with items
   is marked as born. */
static inline uint32_t
size_of(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_ssize_t size = type->tp_basicsize;
    if (type->tp_itemsize != 0 && !PyType_HasFeature(type, Py_TPFLAGS_LONG_SUBCLASS)) {
        size += Py_SIZE(op) * type->tp_itemsize;
    }
    return size < 0 ? 0 : size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static inline void
record_object(PyObject *op, uint8_t event, uint32_t size)
{
    gbx_obj *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record == NULL) {
        return;
    }
    record->type = gbx_type_id(Py_TYPE(op));
    record->size = size;
    record->address = (uint64_t)(uintptr_t)op;
    gbx_commit(record, sizeof(*record), event, 0, 0, 0);
}

/* An object comes or goes: our records, then upstream's call of whoever asked PyRefTracer for it. */
void
_PyGlassbox_RefTracer(PyObject *op, int operation, const void *caller)
{
    bool dies = operation == PyRefTracer_DESTROY;
    if (_PyGlassbox_refs != 0) {
        if (dies) {
            _PyGlassbox_RefDealloc(op, caller);
        }
        else {
            _PyGlassbox_RefStore(op, GBX_REF_NEW, 1);
        }
    }
    if (GLASSBOX_ON(OBJ)) {
        record_object(op, dies ? GBX_EV_OBJ_DESTROY : GBX_EV_OBJ_CREATE, dies ? 0 : size_of(op));
    }
    struct _reftracer_runtime_state *tracer = &_PyRuntime.ref_tracer;
    if (tracer->tracer_func != NULL) {
        tracer->tracer_func(op, (PyRefTracerEvent)operation, tracer->tracer_data);
    }
}

#endif /* Py_GLASSBOX */
