/* Glassbox read: what asyncio's objects in Python hold: tasks, futures, handles, loops; and frames' locals.

   Objects are read as they lie: no attribute is looked up by its type's rules, no Python code runs.  What is
   not as expected (a class that keeps its state elsewhere, a copy of asyncio that was changed) is taken for
   absent.  Without the GIL somebody may change an object meanwhile: what is read from one is held until it
   is let go of; with it, nothing here touches a reference count. */

#include "Python.h"
#include "pycore_dict.h"           // _Py_dict_lookup()
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_glassbox_aio.h"
#include "pycore_glassbox_where.h" // frame_code()
#include "pycore_long.h"           // _PyLong_CompactValue()
#include "pycore_object.h"         // _PyObject_InlineValues()
#include "pycore_runtime_init.h"   // _PyASCIIObject_INIT()
#include "pycore_unicodeobject.h"  // _PyUnicode_EqualToASCIIString()

#if Py_GLASSBOX

/* ------------------------------------------------------ reading what is there */

#define KEYS(X) \
    X(ready, "_ready") X(scheduled, "_scheduled") X(loop, "_loop") X(state, "_state") \
    X(result, "_result") X(exception, "_exception") X(coro, "_coro") X(name, "_name") \
    X(waiter, "_fut_waiter") X(must_cancel, "_must_cancel") X(requests, "_num_cancels_requested") \
    X(callbacks, "_callbacks")

/* Strings as the interpreter's own static ones are made: immortal, and in no table. */
static struct {
#define X(NAME, TEXT) STRUCT_FOR_ASCII_STR(TEXT) NAME;
    KEYS(X)
#undef X
} keys = {
#define X(NAME, TEXT) .NAME = _PyASCIIObject_INIT(TEXT),
    KEYS(X)
#undef X
};
#define KEY(NAME) ((PyObject *)&keys.NAME)

/* Without the GIL, a reference to what lies there, or NULL; with it, what lies there. */
static PyObject *
hold(PyObject **at)
{
#ifdef Py_GIL_DISABLED
    PyObject *value = _Py_atomic_load_ptr(at);
    return value != NULL && _Py_TryIncrefCompare(at, value) ? value : NULL;
#else
    return *at;
#endif
}

static void
let_go(PyObject *value)
{
#ifdef Py_GIL_DISABLED
    Py_XDECREF(value);
#else
    (void)value;
#endif
}

static PyObject *
hold_in_dict(PyDictObject *dict, PyObject *key)
{
    PyObject *value = NULL;
    Py_hash_t hash = PyObject_Hash(key);
    if (dict == NULL || !DK_IS_UNICODE(dict->ma_keys)) {
        return NULL;
    }
#ifdef Py_GIL_DISABLED
    return _Py_dict_lookup_threadsafe(dict, key, hash, &value) >= 0 ? value : NULL;
#else
    return _Py_dict_lookup(dict, key, hash, &value) >= 0 ? value : NULL;
#endif
}

/* What the instance has under this name, not what its class has. */
static PyObject *
attribute(PyObject *self, PyObject *key)
{
    PyTypeObject *type = Py_TYPE(self);
    if (!(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        return NULL;
    }
    if ((type->tp_flags & Py_TPFLAGS_INLINE_VALUES) &&
        __atomic_load_n(&_PyObject_InlineValues(self)->valid, __ATOMIC_ACQUIRE)) {
#ifdef Py_GIL_DISABLED
        PyObject *value = NULL;
        if (_PyObject_TryGetInstanceAttribute(self, key, &value)) {
            return value;
        }
#else
        (void)PyObject_Hash(key);
        Py_ssize_t i = _PyDictKeys_StringLookup(((PyHeapTypeObject *)type)->ht_cached_keys, key);
        return i < 0 ? NULL : _PyObject_InlineValues(self)->values[i];
#endif
    }
    return hold_in_dict(_PyObject_GetManagedDict(self), key);
}

/* What a class with __slots__ has in one of them. */
static PyObject *
slot(PyObject *self, const char *name)
{
    for (PyTypeObject *type = Py_TYPE(self); type != NULL; type = type->tp_base) {
        if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || !(Py_TYPE(type)->tp_flags & Py_TPFLAGS_ITEMS_AT_END)) {
            continue;
        }
        PyMemberDef *member = (PyMemberDef *)((char *)type + Py_TYPE(type)->tp_basicsize);
        for (Py_ssize_t i = 0; i < Py_SIZE(type); i++, member++) {
            if (member->type == Py_T_OBJECT_EX && strcmp(member->name, name) == 0) {
                return hold((PyObject **)((char *)self + member->offset));
            }
        }
    }
    return NULL;
}

/* What a frame's local variable holds, for as long as the frame is what it is; NULL: nothing. */
PyObject *
_PyGlassbox_ReadLocal(const _PyInterpreterFrame *frame, const char *name)
{
    PyCodeObject *code = frame_code(frame);
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        if (_PyUnicode_EqualToASCIIString(PyTuple_GET_ITEM(code->co_localsplusnames, i), name)) {
            return frame->localsplus[i];
        }
    }
    return NULL;
}

/* The length of a list or a deque. */
static uint32_t
length_of(PyObject *self, PyObject *key)
{
    PyObject *value = attribute(self, key);
    bool known = value != NULL && (PyList_CheckExact(value) || strcmp(Py_TYPE(value)->tp_name, "collections.deque") == 0);
    Py_ssize_t length = known ? __atomic_load_n(&((PyVarObject *)value)->ob_size, __ATOMIC_RELAXED) : 0;
    let_go(value);
    return (uint32_t)length;
}

/* -------------------------------------------------------- tasks and futures */

static uint8_t
state_of(PyObject *self, PyObject *exception)
{
    PyObject *state = attribute(self, KEY(state));       /* the class has _PENDING */
    bool set = state != NULL && PyUnicode_Check(state);
    uint8_t result = !set || _PyUnicode_EqualToASCIIString(state, "PENDING") ? GBX_AIO_STATE_PENDING
        : _PyUnicode_EqualToASCIIString(state, "CANCELLED") ? GBX_AIO_STATE_CANCELLED
        : exception != NULL ? GBX_AIO_STATE_EXCEPTION : GBX_AIO_STATE_RESULT;
    let_go(state);
    return result;
}

static PyObject *
unless_none(PyObject *value)
{
    if (value == Py_None) {
        let_go(value);
        return NULL;
    }
    return value;
}

/* Read one; _PyGlassbox_ForgetFuture() lets go of what was read. */
_PyGlassbox_future
_PyGlassbox_ReadFuture(PyObject *self)
{
    PyObject *requests = attribute(self, KEY(requests));
    PyObject *exception = unless_none(attribute(self, KEY(exception)));
    _PyGlassbox_future it = {
        .self = self, .impl = GBX_AIO_IMPL_PYTHON, .state = state_of(self, exception),
        .loop = unless_none(attribute(self, KEY(loop))),
        .value = exception != NULL ? exception : attribute(self, KEY(result)),
        .is_task = requests != NULL,
    };
    if (it.is_task) {
        it.requests = PyLong_CheckExact(requests) && _PyLong_IsNonNegativeCompact((PyLongObject *)requests)
            ? (uint32_t)_PyLong_CompactValue((PyLongObject *)requests) : 0;
        it.coro = unless_none(attribute(self, KEY(coro)));
        it.name = attribute(self, KEY(name));
        it.waiter = unless_none(attribute(self, KEY(waiter)));
    }
    let_go(requests);
    return it;
}

void
_PyGlassbox_ForgetFuture(const _PyGlassbox_future *it)
{
    let_go(it->loop);
    let_go(it->value);
    let_go(it->coro);
    let_go(it->name);
    let_go(it->waiter);
}

bool
_PyGlassbox_ReadIsDone(PyObject *self)
{
    return state_of(self, NULL) != GBX_AIO_STATE_PENDING;
}

PyObject *
_PyGlassbox_ReadCallbacks(PyObject *self)
{
    return attribute(self, KEY(callbacks));
}

bool
_PyGlassbox_ReadMustCancel(PyObject *self)
{
    PyObject *must_cancel = attribute(self, KEY(must_cancel));
    bool must = must_cancel == Py_True;
    let_go(must_cancel);
    return must;
}

void
_PyGlassbox_ReadEnd(PyObject *value)
{
    let_go(value);
}

/* -------------------------------------------------------- handles and loops */

bool
_PyGlassbox_ReadHandleCancelled(PyObject *handle)
{
    PyObject *cancelled = slot(handle, "_cancelled");
    bool is = cancelled == Py_True;
    let_go(cancelled);
    return is;
}

PyObject *
_PyGlassbox_ReadHandleCallback(PyObject *handle)
{
    return slot(handle, "_callback");
}

uint32_t
_PyGlassbox_ReadReady(PyObject *loop)
{
    return length_of(loop, KEY(ready));
}

uint32_t
_PyGlassbox_ReadTimers(PyObject *loop)
{
    return length_of(loop, KEY(scheduled));
}

#endif /* Py_GLASSBOX */
