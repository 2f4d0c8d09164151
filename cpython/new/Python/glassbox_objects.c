/* Glassbox objects: births and deaths.

   Upstream marks every place where an object is born or dies for PyRefTracer (_PyReftracerTrack); the
   hooks ride on the marks.  Deaths that pass no mark have hooks of their own; EVENTS.md lists all.  These
   records have no time: they lie between those that do, and cost a third.  A hook must not allocate,
   raise, or touch a refcount; the object may be half built, or half gone. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_found.h"
#include "pycore_dict.h"           // _PyInlineValuesSize()
#include "pycore_long.h"           // _PyLong_DigitCount()
#include "pycore_pystate.h"        // _PyThreadState_GET()
#include "pycore_runtime.h"        // _PyRuntime.ref_tracer

#if Py_GLASSBOX

/* Items of an int: as many digits as it is born with.  A subclass gets room for its digits by way of
   ob_size, like any object with items, and its tag later. */
static inline Py_ssize_t
digits_of(PyObject *object)
{
    if (!PyLong_CheckExact(object)) {
        return ((PyVarObject *)object)->ob_size;
    }
    Py_ssize_t digits = _PyLong_DigitCount((PyLongObject *)object);
    return digits == 0 ? 1 : digits;
}

static Py_ssize_t
size_of_text(PyObject *text, Py_ssize_t size)
{
    PyASCIIObject *head = (PyASCIIObject *)text;
    if (!head->state.compact) {
        return size;
    }
    return (Py_ssize_t)(head->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject))
        + (head->length + 1) * head->state.kind;
}

/* Inline values are as many as the type's keys have room for when the object is born; later objects of
   the type get less.  They are not there yet at the mark of the birth; later they say it themselves (one
   less than there is room for, where the type had begun to take room away). */
static Py_ssize_t
values_size(PyObject *object, PyTypeObject *type, bool born)
{
    if (born) {
        return (Py_ssize_t)_PyInlineValuesSize(type);
    }
    Py_ssize_t count = _PyObject_InlineValues(object)->capacity;
    return (count + 1) * (Py_ssize_t)sizeof(PyObject *) + _Py_SIZE_ROUND_UP(count, (Py_ssize_t)sizeof(PyObject *));
}

/* Bytes of the object from its address on; the collector's head and what else lies before are not
   among them, inline values are.  A string is born before its header is written, and whoever makes it
   says its size. */
static inline uint32_t
size_of(PyObject *object, bool born)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_ssize_t size = type->tp_basicsize;
    if (type == &PyUnicode_Type) {
        uint32_t told = _PyGlassbox_stream.object_size;
        _PyGlassbox_stream.object_size = 0;
        size = told != 0 ? (Py_ssize_t)told : size_of_text(object, size);
    }
    else if (type->tp_itemsize != 0) {
        size += (PyType_HasFeature(type, Py_TPFLAGS_LONG_SUBCLASS) ? digits_of(object) : Py_SIZE(object))
            * type->tp_itemsize;
    }
    if (type->tp_flags & Py_TPFLAGS_INLINE_VALUES) {
        size += values_size(object, type, born);
    }
    return size < 0 ? 0 : size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

void
_PyGlassbox_ObjectSize(size_t size)
{
    _PyGlassbox_stream.object_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static __attribute__((noinline)) void
record_object(PyObject *object, uint8_t event, uint32_t size)
{
    gbx_obj *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
    if (record == NULL) {
        return;
    }
    uint32_t type = gbx_type_id(Py_TYPE(object));
    type = type <= 0xffffff ? type : 0;
    *(uint64_t *)record = event | (uint64_t)type << 8 | (uint64_t)size << 32;
    record->address = (uint64_t)(uintptr_t)object;
    if (gbx_settled()) {
        gbx_publish(record, sizeof(*record));
    }
}

/* With `more` in the lowest bits of the address, in one word, if the type and the address are so. */
static inline bool
record_packed(PyObject *object, uint8_t event, uint64_t more)
{
    gbx_leaf leaf;
    uint32_t type = Py_TYPE(object)->_tp_glassbox_id;
    bool fits = type < GBX_PACKED_TYPES && ((uintptr_t)object & GBX_PACKED_BITS) == 0;
    if (!fits || type < _PyGlassbox_recorder.first_type_id || !gbx_leaf_begin(&leaf, sizeof(gbx_packed))) {
        return false;
    }
    *gbx_leaf_record(&leaf) = gbx_packed_word(event, type, object, more);
    if (gbx_settled()) {
        gbx_leaf_publish(&leaf, sizeof(gbx_packed));
    }
    return true;
}

/* In full: a string, an object with values inline, one with many items. */
static __attribute__((noinline)) void
record_birth_in_full(PyObject *object)
{
    record_object(object, GBX_EV_OBJ_CREATE, size_of(object, true));
}

static inline void
record_birth(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    uint64_t items = 0;
    if (type->tp_itemsize != 0) {
        items = (uint64_t)(PyType_HasFeature(type, Py_TPFLAGS_LONG_SUBCLASS) ? digits_of(object) : Py_SIZE(object));
    }
    if ((type->tp_flags & (Py_TPFLAGS_INLINE_VALUES | Py_TPFLAGS_UNICODE_SUBCLASS)) != 0 ||
        items >= GBX_PACKED_ITEMS || !record_packed(object, GBX_EV_OBJ_CREATE_PACKED, items)) {
        record_birth_in_full(object);
    }
}

static __attribute__((noinline)) void
record_death_in_full(PyObject *object)
{
    record_object(object, GBX_EV_OBJ_DESTROY, 0);
}

static inline void
record_death(PyObject *object)
{
    if (!record_packed(object, GBX_EV_OBJ_DESTROY_PACKED, 0)) {
        record_death_in_full(object);
    }
}

/* It lives as the recording begins. */
void
_PyGlassbox_ObjectFound(PyObject *object)
{
    record_object(object, GBX_EV_OBJ_FOUND, size_of(object, false));
}

/* It was marked as dead, and lives. */
void
_PyGlassbox_Revive(PyObject *object)
{
    record_object(object, GBX_EV_OBJ_REVIVE, size_of(object, false));
}

/* All that may want to know of a birth or a death: class ref, class obj, and whoever asked PyRefTracer. */
static __attribute__((noinline)) void
tell_all(PyObject *object, int operation, const void *caller)
{
    bool dies = operation == PyRefTracer_DESTROY;
    if (_PyGlassbox_refs != 0) {
        if (dies) {
            _PyGlassbox_RefDealloc(object, caller);
        }
        else {
            _PyGlassbox_RefStore(object, GBX_REF_NEW, 1);
        }
    }
    if (GLASSBOX_ON(OBJ)) {
        if (dies) {
            record_death(object);
        }
        else {
            record_birth(object);
        }
    }
    struct _reftracer_runtime_state *tracer = &_PyRuntime.ref_tracer;
    if (tracer->tracer_func != NULL) {
        tracer->tracer_func(object, (PyRefTracerEvent)operation, tracer->tracer_data);
    }
}

/* An object comes or goes.  Mostly class obj alone wants to know: that way has no call in it. */
void
_PyGlassbox_RefTracer(PyObject *object, int operation, const void *caller)
{
    bool others = _PyGlassbox_refs != 0 || _PyRuntime.ref_tracer.tracer_func != NULL;
    if (__builtin_expect(others || !GLASSBOX_ON(OBJ), 0)) {
        tell_all(object, operation, caller);
    }
    else if (operation == PyRefTracer_DESTROY) {
        record_death(object);
    }
    else {
        record_birth(object);
    }
}

#endif /* Py_GLASSBOX */
