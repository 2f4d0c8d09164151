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
size_of(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_ssize_t size = type->tp_basicsize;
    if (type->tp_itemsize != 0 && !PyType_HasFeature(type, Py_TPFLAGS_LONG_SUBCLASS)) {
        size += Py_SIZE(object) * type->tp_itemsize;
    }
    return size < 0 ? 0 : size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static inline void
record_object(PyObject *object, uint8_t event, uint32_t size)
{
    gbx_obj *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record == NULL) {
        return;
    }
    record->type = gbx_type_id(Py_TYPE(object));
    record->size = size;
    record->address = (uint64_t)(uintptr_t)object;
    gbx_commit(record, sizeof(*record), event, 0, 0, 0);
}

/* An object comes or goes: our records, then upstream's call of whoever asked PyRefTracer for it. */
void
_PyGlassbox_RefTracer(PyObject *object, int operation)
{
    bool dies = operation == PyRefTracer_DESTROY;
    if (dies && _PyGlassbox_refs != 0) {
        _PyGlassbox_RefDealloc(object, __builtin_return_address(0));
    }
    if (GLASSBOX_ON(OBJ)) {
        record_object(object, dies ? GBX_EV_OBJ_DESTROY : GBX_EV_OBJ_CREATE, dies ? 0 : size_of(object));
    }
    struct _reftracer_runtime_state *tracer = &_PyRuntime.ref_tracer;
    if (tracer->tracer_func != NULL) {
        tracer->tracer_func(object, (PyRefTracerEvent)operation, tracer->tracer_data);
    }
}

#endif /* Py_GLASSBOX */
