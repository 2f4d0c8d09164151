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

/* The name of a module spec; NULL where finding it out could run somebody's code. */
static PyObject *
name_of(PyObject *spec)
{
    PyTypeObject *type = Py_TYPE(spec);
    PyObject *name = NULL;
    if (type->tp_getattro == PyObject_GenericGetAttr && _PyType_Lookup(type, &_Py_ID(name)) == NULL) {
        name = PyObject_GetAttr(spec, &_Py_ID(name));
        PyErr_Clear();
    }
    if (name != NULL && !PyUnicode_Check(name)) {
        Py_CLEAR(name);
    }
    return name;
}

static PyObject *
record_step(int step, PyObject *name, PyObject *function, PyObject *const *args, Py_ssize_t count,
            PyObject *names)
{
    if (name == NULL || !GLASSBOX_ON(IMPORT)) {
        return PyObject_Vectorcall(function, args, (size_t)count, names);
    }
    _PyGlassbox_Import(GBX_EV_IMPORT_BEGIN, step, name, 0);
    PyObject *result = PyObject_Vectorcall(function, args, (size_t)count, names);
    if (GLASSBOX_ON(IMPORT)) {
        bool ok = result != NULL && (step != GBX_IMPORT_STEP_FIND || result != Py_None);
        _PyGlassbox_Import(GBX_EV_IMPORT_END, step, name, ok);
    }
    return result;
}

/* _find_spec(name, path, target=None) */
static PyObject *
find(PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *name = count > 0 && PyUnicode_Check(args[0]) ? args[0] : NULL;
    return record_step(GBX_IMPORT_STEP_FIND, name, function, args, count, names);
}

static PyObject *
of_spec(int step, PyObject *function, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *name = GLASSBOX_ON(IMPORT) && count > 0 ? name_of(args[0]) : NULL;
    PyObject *result = record_step(step, name, function, args, count, names);
    Py_XDECREF(name);
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
    return record_step(GBX_IMPORT_STEP_FIND_LOAD, name, function, args, count, names);
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
