"""What the tests of class gil share: programs, recordings, and the machine that each lane has to pass.

It computes nothing that the runner computes for it, save that it asks the runner's invariants for a second
opinion.
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import unittest

import traces
from traces import FREE_THREADED

gil_only = unittest.skipIf(FREE_THREADED, "cannot run here: this build has no lock by default")
ft_only = unittest.skipUnless(FREE_THREADED, "cannot run here: only without the GIL")
GLASSBOX = os.environ.get("GLASSBOX", "glassbox")
LOCKED = [] if not FREE_THREADED else ["-X", "gil=1"]

HEAD = """\
import os, sys, threading, time, glassbox
def busy(seconds):
    end = time.monotonic() + seconds
    n = 0
    while time.monotonic() < end:
        n += 1
    return n
def count(n):
    while n:
        n -= 1
def all_of(target, how_many, *args):
    threads = [threading.Thread(target=target, args=args, name=f't{i}') for i in range(how_many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""
BEFORE = HEAD.count("\n")                 # lines before a body


def record(body, options="events=gil+mark+thread", path="t.gbx", status=0, **keys):
    """Run with the lock, on both builds."""
    return traces.run_command(*LOCKED, "-c", HEAD + textwrap.dedent(body), options=options, path=path, status=status,
                              **keys)


def invariants(path="t.gbx"):
    """What `glassbox stat` says of the class's invariants, by key."""
    done = subprocess.run([GLASSBOX, "stat", "--json", path], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    found = json.loads(done.stdout)["invariants"]
    return {i["key"]: i for i in found if i["key"] in ("holder", "turns", "switches", "waits", "world")}


def lanes(trace):
    """The class's events of each thread."""
    return {thread: [e for e in events if e.name.startswith("gil.")]
            for thread, events in trace.threads.items()}


FOREIGN = """
#include <Python.h>
#include <pthread.h>
#include <time.h>

static PyObject *called;
static long rounds;

static void *
body(void *unused)
{
    for (long i = 0; i < rounds; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyObject *result = PyObject_CallNoArgs(called);
        if (result == NULL) {
            PyErr_Print();
        }
        Py_XDECREF(result);
        PyGILState_Release(state);
    }
    return unused;
}

static PyObject *
run(PyObject *module, PyObject *args)
{
    long count;
    pthread_t threads[64];
    if (!PyArg_ParseTuple(args, "Oll", &called, &count, &rounds) || count > 64) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (long i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, body, NULL) != 0) {
            Py_FatalError("pthread_create");
        }
    }
    for (long i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

extern void PyEval_AcquireLock(void);
extern void PyEval_ReleaseLock(void);

static PyObject *
older(PyObject *module, PyObject *args)
{
    const char *how;
    PyThreadState *state = PyThreadState_Get();
    if (!PyArg_ParseTuple(args, "s", &how)) {
        return NULL;
    }
    if (strcmp(how, "lock") == 0) {
        PyEval_ReleaseLock();
        PyEval_AcquireLock();
    }
    else if (strcmp(how, "thread") == 0) {
        PyEval_ReleaseThread(state);
        PyEval_AcquireThread(state);
    }
    else if (strcmp(how, "swap") == 0) {
        PyThreadState_Swap(NULL);
        PyThreadState_Swap(state);
    }
    else {
        PyThreadState *saved = PyEval_SaveThread();
        PyGILState_STATE was = PyGILState_Ensure();
        PyGILState_Release(was);
        PyEval_RestoreThread(saved);
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"run", run, METH_VARARGS, NULL}, {"older", older, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL},
};
static PyModuleDef_Slot slots[] = {
#ifdef WITHOUT_GIL
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "foreign", .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_foreign(void)
{
#ifdef SLOWLY
    struct timespec end, now;            /* holding the lock, if there is one: no sleep */
    clock_gettime(CLOCK_MONOTONIC, &end);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end.tv_sec * 1000 + end.tv_nsec / 1000000 + 50);
#endif
    return PyModuleDef_Init(&definition);
}
"""


def build_foreign(*flags):
    """Make the extension module `foreign` in this folder: run(function, threads, rounds) calls the
    function from threads that the interpreter did not start."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise unittest.SkipTest("cannot run here: there is no C compiler")
    pathlib.Path("foreign.c").write_text(FOREIGN)
    headers = [sysconfig.get_path("include"), os.path.dirname(sysconfig.get_config_h_filename()),
               os.path.join(sysconfig.get_config_var("abs_srcdir") or ".", "Include")]
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", *flags, *(f"-I{folder}" for folder in headers),
                    "foreign.c", "-o", "foreign" + sysconfig.get_config_var("EXT_SUFFIX"), "-lpthread"],
                   check=True)


class Sound(unittest.TestCase):
    """What every recording has to pass; the tests inherit it."""

    def check(self, trace, path="t.gbx", *, held_at_start=True):
        self.assertEqual(trace.lost, 0)
        for thread, events in lanes(trace).items():
            self.check_lane(thread, events)
        for key, found in invariants(path).items():
            self.assertEqual(found["violations"], 0, (key, found))
        return trace

    def check_lane(self, thread, events):
        """Request, acquire, release; time-outs and drop requests between the first two; a forced switch
        after a release."""
        after = {"gil.request": ("gil.timeout", "gil.drop_request", "gil.acquire", "gil.give_up"),
                 "gil.acquire": ("gil.release",), "gil.held": ("gil.release",),
                 "gil.release": ("gil.request", "gil.forced_switch", "gil.give_up"),
                 "gil.forced_switch": ("gil.request", "gil.give_up"),
                 "gil.timeout": ("gil.timeout", "gil.drop_request", "gil.acquire", "gil.give_up"),
                 "gil.drop_request": ("gil.timeout", "gil.acquire", "gil.give_up"),
                 "gil.give_up": ()}
        before = None
        for event in events:
            if event.name not in after:
                continue
            if before is not None:
                self.assertIn(event.name, after[before.name], (thread, before, event))
                self.assertEqual(event.fields["lock"], before.fields["lock"]) \
                    if event.name not in ("gil.request",) else None
            if event.name == "gil.drop_request":
                self.assertEqual((before.name, before.fields["asks"]), ("gil.timeout", 1))
            elif before is not None and before.name == "gil.timeout":
                self.assertTrue(before.fields["asks"] == 0 or event.name == "gil.give_up")
            before = event
