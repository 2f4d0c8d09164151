/* Module _glassbox: the recorder's switch and the marks a program makes in its own trace.

   Lib/glassbox.py is the face; this file only converts arguments.  Nothing here records by itself. */

#ifndef Py_BUILD_CORE_BUILTIN
#  define Py_BUILD_CORE_MODULE 1
#endif

#include "Python.h"
#include "pycore_glassbox_recorder.h"

#if Py_GLASSBOX

static PyObject *
glassbox_start(PyObject *module, PyObject *spec)
{
    const char *text = PyUnicode_AsUTF8(spec);
    if (text == NULL) {
        return NULL;
    }
    _PyGlassbox_options options;
    const char *problem = _PyGlassbox_Parse(text, &options);
    if (problem != NULL) {
        PyErr_SetString(PyExc_ValueError, problem);
        return NULL;
    }
    int error = _PyGlassbox_Start(&options);
    if (error == EBUSY) {
        PyErr_SetString(PyExc_RuntimeError, "a recording is already on");
        return NULL;
    }
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrnoWithFilename(PyExc_OSError, options.path);
    }
    Py_RETURN_NONE;
}

static PyObject *
glassbox_stop(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    _PyGlassbox_Stop();
    (void)_PyGlassbox_RefsPatch(false);
    Py_RETURN_NONE;
}

/* select(classes): the mask that was on before, 0 where nothing is recorded. */
static PyObject *
glassbox_select(PyObject *module, PyObject *classes)
{
    Py_ssize_t length;
    uint32_t mask, before;
    const char *text = PyUnicode_AsUTF8AndSize(classes, &length);
    if (text == NULL) {
        return NULL;
    }
    if (!_PyGlassbox_ParseClasses(text, (size_t)length, &mask)) {
        return PyErr_Format(PyExc_ValueError, "no event classes: %R", classes);
    }
    int error = _PyGlassbox_Select(mask, &before);
    if (error != 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromUnsignedLong(before);
}

/* mark(name, value): an int that fits 64 bits, a float, a str or None. */
static PyObject *
glassbox_mark(PyObject *module, PyObject *args)
{
    PyObject *name, *value = Py_None;
    if (!PyArg_ParseTuple(args, "U|O:mark", &name, &value)) {
        return NULL;
    }
    int type = GBX_VALUE_NONE;
    uint64_t bits = 0;
    if (PyUnicode_Check(value)) {
        type = GBX_VALUE_STRING;
    }
    else if (PyFloat_Check(value)) {
        double number = PyFloat_AS_DOUBLE(value);
        type = GBX_VALUE_FLOAT;
        memcpy(&bits, &number, sizeof(bits));
    }
    else if (PyLong_Check(value)) {
        long long number = PyLong_AsLongLong(value);
        if (number == -1 && PyErr_Occurred()) {
            return NULL;
        }
        type = GBX_VALUE_INT;
        bits = (uint64_t)number;
    }
    else if (value != Py_None) {
        return PyErr_Format(PyExc_TypeError, "a mark's value is an int, a float, a str or None, not %T",
                            value);
    }
    if (GLASSBOX_ON(MARK)) {
        _PyGlassbox_Mark(name, type, bits, value);
    }
    Py_RETURN_NONE;
}

static PyObject *
glassbox_span_begin(PyObject *module, PyObject *name)
{
    static uint32_t last;
    if (!PyUnicode_Check(name)) {
        return PyErr_Format(PyExc_TypeError, "a span's name is a str, not %T", name);
    }
    uint32_t span = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    if (GLASSBOX_ON(MARK)) {
        _PyGlassbox_Span(GBX_EV_SPAN_BEGIN, name, span);
    }
    return PyLong_FromUnsignedLong(span);
}

static PyObject *
glassbox_span_end(PyObject *module, PyObject *args)
{
    PyObject *name;
    unsigned int span;
    if (!PyArg_ParseTuple(args, "UI:span_end", &name, &span)) {
        return NULL;
    }
    if (GLASSBOX_ON(MARK)) {
        _PyGlassbox_Span(GBX_EV_SPAN_END, name, span);
    }
    Py_RETURN_NONE;
}

/* watch(object, name): no tuple of arguments, which would hold a reference that the program did not
   make. */
static PyObject *
glassbox_watch(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        return PyErr_Format(PyExc_TypeError, "watch() takes 2 arguments, not %zd", count);
    }
    if (!PyUnicode_Check(args[1])) {
        return PyErr_Format(PyExc_TypeError, "a watch's name is a str, not %T", args[1]);
    }
    int error = _PyGlassbox_Watch(args[0], args[1]);
    if (error > 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (error < 0) {
        return PyErr_Format(PyExc_RuntimeError, "%d objects are watched already", GBX_WATCH_MOST);
    }
    Py_RETURN_NONE;
}

static PyObject *
glassbox_unwatch(PyObject *module, PyObject *object)
{
    if (_PyGlassbox_Unwatch(object) < 0) {
        PyErr_SetString(PyExc_ValueError, "the object is not watched");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
glassbox_status(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    const gbx_header *header = _PyGlassbox_recorder.header;
    if (!_PyGlassbox_recorder.open) {
        return Py_BuildValue("{s:O}", "recording", Py_False);
    }
    return Py_BuildValue("{s:O,s:I,s:s,s:s,s:K,s:K,s:I,s:K,s:i}",
        "recording", header->state == GBX_STATE_RECORDING ? Py_True : Py_False,
        "mask", (unsigned)_PyGlassbox_mask,
        "mode", header->mode == GBX_MODE_RING ? "ring" : "full",
        "clock", header->clock == GBX_CLOCK_TSC ? "tsc"
            : header->clock == GBX_CLOCK_MONOTONIC ? "monotonic" : "none",
        "limit", (unsigned long long)header->limit,
        "size", (unsigned long long)header->allocated,
        "threads", (unsigned)header->threads,
        "lost_unattached", (unsigned long long)header->lost_unattached,
        "error", (int)header->error);
}

static PyMethodDef methods[] = {
    {"start", glassbox_start, METH_O, NULL},
    {"stop", glassbox_stop, METH_NOARGS, NULL},
    {"select", glassbox_select, METH_O, NULL},
    {"mark", glassbox_mark, METH_VARARGS, NULL},
    {"span_begin", glassbox_span_begin, METH_O, NULL},
    {"span_end", glassbox_span_end, METH_VARARGS, NULL},
    {"watch", _PyCFunction_CAST(glassbox_watch), METH_FASTCALL, NULL},
    {"unwatch", glassbox_unwatch, METH_O, NULL},
    {"status", glassbox_status, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#else
static PyMethodDef methods[] = { {NULL, NULL, 0, NULL} };
#endif

static PyModuleDef_Slot slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_glassbox",
    .m_doc = "The recorder's switch; use the module glassbox.",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__glassbox(void)
{
    return PyModuleDef_Init(&definition);
}
