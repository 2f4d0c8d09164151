/* A small C library that works on rows of numbers, and the extension module that Python calls it by.

   The library itself, rows_weighted(), is what most numerical libraries are: it takes a pointer and two
   sizes, and believes that the rows lie one after the other.  Nothing in a pointer could tell it otherwise.
   ctypes can call it, and asks nobody.  The module has three ways to come to that pointer, which differ in
   what they ask an object for:

     weighted()           PyBUF_C_CONTIGUOUS: whoever cannot give that refuses
     weighted_careless()  PyBUF_STRIDES, and then does not look at them
     weighted_strided()   PyBUF_STRIDES, and follows them

   The sum weighs each number with its row, so that it matters which number is in which row. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string.h>

/* The sum of all numbers, those of row i (0, 1...) i + 1 times. */
__attribute__((visibility("default"))) double
rows_weighted(const double *data, Py_ssize_t rows, Py_ssize_t columns)
{
    double sum = 0;
    for (Py_ssize_t row = 0; row < rows; row++) {
        for (Py_ssize_t column = 0; column < columns; column++) {
            sum += (double)(row + 1) * data[row * columns + column];
        }
    }
    return sum;
}

static double
rows_weighted_strided(const char *data, const Py_ssize_t *shape, const Py_ssize_t *strides)
{
    double sum = 0;
    for (Py_ssize_t row = 0; row < shape[0]; row++) {
        for (Py_ssize_t column = 0; column < shape[1]; column++) {
            double number;
            memcpy(&number, data + row * strides[0] + column * strides[1], sizeof(number));
            sum += (double)(row + 1) * number;
        }
    }
    return sum;
}

/* A buffer of doubles in rows; -1 with an exception. */
static int
get_rows(PyObject *object, Py_buffer *view, int flags)
{
    if (PyObject_GetBuffer(object, view, flags | PyBUF_FORMAT) < 0) {
        return -1;
    }
    if (view->ndim != 2 || view->format == NULL || strcmp(view->format, "d") != 0) {
        PyErr_SetString(PyExc_TypeError, "rows of doubles are required");
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

static PyObject *
weighted(PyObject *module, PyObject *object)
{
    Py_buffer view;
    (void)module;
    if (get_rows(object, &view, PyBUF_C_CONTIGUOUS) < 0) {
        return NULL;
    }
    double sum = rows_weighted(view.buf, view.shape[0], view.shape[1]);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

static PyObject *
weighted_careless(PyObject *module, PyObject *object)
{
    Py_buffer view;
    (void)module;
    if (get_rows(object, &view, PyBUF_STRIDES) < 0) {
        return NULL;
    }
    double sum = rows_weighted(view.buf, view.shape[0], view.shape[1]);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

static PyObject *
weighted_strided(PyObject *module, PyObject *object)
{
    Py_buffer view;
    (void)module;
    if (get_rows(object, &view, PyBUF_STRIDES) < 0) {
        return NULL;
    }
    double sum = rows_weighted_strided(view.buf, view.shape, view.strides);
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

static PyMethodDef methods[] = {
    { "weighted", weighted, METH_O, "The weighted sum of contiguous rows." },
    { "weighted_careless", weighted_careless, METH_O, "The same of any rows, as if they were contiguous." },
    { "weighted_strided", weighted_strided, METH_O, "The same of any rows." },
    { NULL, NULL, 0, NULL },
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_GIL_DISABLED
    { Py_mod_gil, Py_MOD_GIL_NOT_USED },
#endif
    { 0, NULL },
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "rows", .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_rows(void)
{
    return PyModuleDef_Init(&module);
}
