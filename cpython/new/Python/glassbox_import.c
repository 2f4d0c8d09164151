/* Glassbox import: the steps of an import that run in Python.

   The import statement passes a C function, which has its hook; what it calls, and the whole of
   importlib.import_module() and reload(), is Lib/importlib/_bootstrap.py.  As the interpreter begins, four
   functions of that module are put into wrappers, which call them and record that they began and ended:
   no line of Python is added, and a build without hooks is upstream's.  The wrappers stay whether anything
   is recorded or not, so a traced program calls what an untraced one calls.

   A wrapper must change nothing: neither arguments, nor result, nor exception. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_pystate.h"        // _PyInterpreterState_GET()

#if Py_GLASSBOX

/* A step whose module's name is at hand; NULL: not to be recorded.  *id is that of the name, or 0. */
static PyObject *
record_step(int step, PyObject *name, uint32_t *id, PyObject *function, PyObject *const *args, Py_ssize_t count,
            PyObject *names)
{
    *id = 0;
    if (name == NULL || !GLASSBOX_ON(IMPORT)) {
        return PyObject_Vectorcall(function, args, (size_t)count, names);
    }
    (void)_PyGlassbox_Import(GBX_EV_IMPORT_BEGIN, step, name, 0);
    PyObject *result = PyObject_Vectorcall(function, args, (size_t)count, names);
    if (GLASSBOX_ON(IMPORT)) {
        bool ok = result != NULL && (step != GBX_IMPORT_STEP_FIND || result != Py_None);
        *id = _PyGlassbox_Import(GBX_EV_IMPORT_END, step, name, ok);
    }
    return result;
}

/* _find_spec(name, path, target=None) */
static PyObject *
find(PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    PyObject *name = count > 0 && PyUnicode_Check(args[0]) ? args[0] : NULL;
    uint32_t id;
    PyObject *result = record_step(GBX_IMPORT_STEP_FIND, name, &id, function, args, count, names);
    stream->found_spec = id == 0 ? NULL : result;
    stream->found_name = id;
    stream->found_session = stream->session;
    return result;
}

/* What follows on finding, with the spec that was found: its name is not asked for, which would be an
   operation on the reference count, a look-up that pystats counts, or somebody's code. */
static PyObject *
of_spec(int step, PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t session = stream->session, id = stream->found_name;
    bool known = GLASSBOX_ON(IMPORT) && count > 0 && stream->found_spec != NULL && args[0] == stream->found_spec
        && stream->found_session == session;
    if (known) {
        _PyGlassbox_ImportOf(GBX_EV_IMPORT_BEGIN, step, id, 0);
    }
    PyObject *result = PyObject_Vectorcall(function, args, (size_t)count, names);
    if (known && GLASSBOX_ON(IMPORT) && stream->session == session) {
        _PyGlassbox_ImportOf(GBX_EV_IMPORT_END, step, id, result != NULL);
    }
    return result;
}

/* _load_unlocked(spec) */
static PyObject *
load(PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return of_spec(GBX_IMPORT_STEP_LOAD, function, args, count, names);
}

/* _exec(spec, module): a module that is there is executed again */
static PyObject *
reload(PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return of_spec(GBX_IMPORT_STEP_RELOAD, function, args, count, names);
}

/* _find_and_load(name, import_): from the C function, which has recorded it, with the function behind the
   import statement; from Python, with another.  Recorded where the module is not there yet. */
static PyObject *
find_and_load(PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *name = NULL;
    if (GLASSBOX_ON(IMPORT) && count == 2 && PyUnicode_CheckExact(args[0])) {
        PyInterpreterState *interp = _PyInterpreterState_GET();
        PyObject *modules = interp->imports.modules;
        if (args[1] != interp->imports.import_func && modules != NULL && PyDict_CheckExact(modules)) {
            name = PyDict_GetItemWithError(modules, args[0]) == NULL ? args[0] : NULL;
        }
    }
    uint32_t id;
    return record_step(GBX_IMPORT_STEP_FIND_LOAD, name, &id, function, args, count, names);
}

#define WRAPPER(NAME, FUNCTION) \
    { NAME, _PyCFunction_CAST(FUNCTION), METH_FASTCALL | METH_KEYWORDS, NULL }

static PyMethodDef wrappers[] = {
    WRAPPER("_find_spec", find), WRAPPER("_load_unlocked", load), WRAPPER("_exec", reload),
    WRAPPER("_find_and_load", find_and_load),
};

static int
wrap(PyObject *dict, PyMethodDef *wrapper)
{
    PyObject *function = PyDict_GetItemString(dict, wrapper->ml_name);
    if (function == NULL) {
        PyErr_Format(PyExc_SystemError, "no %s in importlib", wrapper->ml_name);
        return -1;
    }
    PyObject *wrapped = PyCFunction_New(wrapper, function);
    int result = wrapped == NULL ? -1 : PyDict_SetItemString(dict, wrapper->ml_name, wrapped);
    Py_XDECREF(wrapped);
    return result;
}

/* 0, or -1 with an exception. */
int
_PyGlassbox_WrapImportlib(PyObject *importlib)
{
    PyObject *dict = PyModule_GetDict(importlib);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(wrappers); i++) {
        if (wrap(dict, &wrappers[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

#endif /* Py_GLASSBOX */
