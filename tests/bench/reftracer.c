/* A peer of the bench: the least that a tool can do with PyRefTracer, a callback that counts.  Built as
   a shared library against the headers of the interpreter that is measured; tests/bench/objects.py
   loads it. */

#include <Python.h>
#include <stdint.h>

static uint64_t seen;

static int
tracer(PyObject *object, PyRefTracerEvent event, void *data)
{
    (void)object; (void)event;
    (*(uint64_t *)data)++;
    return 0;
}

/* With the GIL held.  0, or -1. */
int
start(void)
{
    return PyRefTracer_SetTracer(tracer, &seen);
}

/* Objects made and destroyed since. */
uint64_t
count(void)
{
    return seen;
}
