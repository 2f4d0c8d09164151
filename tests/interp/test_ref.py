"""What happens to the reference counts of watched objects, and what the churn counts.

Each row of PATHS runs a few lines on a watched object `t` and expects an exact sequence of records; at
its end the count on record is what sys.getrefcount() finds.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import unittest

import traces

FREE_THREADED = traces.FREE_THREADED
with_the_gil = unittest.skipIf(FREE_THREADED, "cannot run here: a row of the build with the GIL")
without_the_gil = unittest.skipUnless(FREE_THREADED, "cannot run here: a row of the free-threaded build")
GLASSBOX = os.environ.get("GLASSBOX")

START = """\
import glassbox, sys, gc, weakref
from glassbox import mark, watch, unwatch
class Thing: pass
"""


def told(trace, event):
    """A record in a few words: '+1 2' is an increment to 2; what is not plain is named."""
    how = trace.label(event, "how")
    word = "" if how == "plain" else " " + how
    fields = event.fields
    if FREE_THREADED and event.name in ("ref.inc", "ref.dec", "ref.merge"):
        half = fields["local"] if how == "local" else fields["shared"] >> 2
        verb = "merge " if event.name == "ref.merge" else ""
        return f"{verb}{fields['delta']:+d} {half}{word}"
    if event.name in ("ref.inc", "ref.dec"):
        return f"{fields['delta']:+d} {fields['local']}{word}"
    if event.name == "ref.set":
        return f"={fields['local']}{word}"
    return event.name.removeprefix("ref.") + word


FIRST = START.count("\n")      # lines before a test's own


def record(body, options="events=mark+ref", **more):
    """The trace of some lines after START."""
    trace, out = traces.run(START + textwrap.dedent(body), options=options, **more)
    if out:
        raise AssertionError(out)
    return trace


def includes():
    """Where the headers are: installed, or in the trees of a build that runs in place."""
    return [f"-I{sysconfig.get_path('include')}", f"-I{sysconfig.get_config_var('srcdir')}/Include",
            f"-I{os.path.dirname(sysconfig.get_config_h_filename())}"]


def between(trace, name="t", first="a", last="b"):
    """The records about one watched object between two marks."""
    return [event for event in trace.between_marks(first, last)
            if event.name.startswith("ref.") and event.name not in ("ref.churn", "ref.sharing") and trace.text(event) == name]


# what the row is about -> (makes `t`, what happens to it between the marks, the records)
PATHS = {
    "a second name": ("t = Thing()", "u = t", ["+1 2"]),
    "a name deleted": ("t = Thing(); u = t", "del u", ["-1 1"]),
    "a name bound to something else": ("t = Thing(); u = t", "u = 1", ["-1 1"]),
    "the same name again": ("t = Thing(); u = t", "u = t", ["+1 3", "-1 2"]),
    "a temporary": ("t = Thing()", "t", ["+1 2", "-1 1"]),
    "an attribute set": ("t = Thing(); o = Thing()", "o.t = t", ["+1 2", "+1 3", "-1 2"]),
    "an attribute deleted": ("t = Thing(); o = Thing(); o.t = t", "del o.t", ["-1 1"]),
    "an item appended": ("t = Thing(); l = []", "l.append(t)", ["+1 2", "+1 3", "-1 2"]),
    "an item popped: moved to the stack": ("t = Thing(); l = [0, t]", "l.pop()", ["-1 1"]),
    "the only item popped": ("t = Thing(); l = [t]", "l.pop()", ["+1 3", "-1 2", "-1 1"]),
    "a list cleared": ("t = Thing(); l = [t] * 3", "l.clear()", ["-1 3", "-1 2", "-1 1"]),
    "a list repeated: one write": ("t = Thing()", "l = [t] * 5", ["+1 2", "+5 7 many", "-1 6"]),
    "a tuple repeated: one write": ("t = Thing()", "l = (t,) * 5", ["+1 2", "+5 7 many", "-1 6"]),
    "a list repeated in place": ("t = Thing(); l = [t]", "l *= 4", ["+3 5 many"]),
    "a value of a dict": ("t = Thing(); d = {}", "d[0] = t", ["+1 2", "+1 3", "-1 2"]),
    "a key of a dict": ("t = Thing(); d = {}", "d[t] = 0", ["+1 2", "+1 3", "-1 2"]),
    "a list copied": ("t = Thing(); l = [t]", "m = l[:]", ["+1 3"]),
    "a list sorted: moves, no counts": ("t = 'b' + chr(97); l = [t, t]", "l.sort()", []),
    "unpacked": ("t = Thing(); p = (t, 0)", "u, v = p", ["+1 3"]),
    "swapped: moves": ("t = Thing(); u = 0", "t, u = u, t; t, u = u, t", None),
    "an argument: moved into the local": ("t = Thing()\n  def g(x): pass", "g(t)", ["+1 2", "-1 1"]),
    "returned": ("t = Thing()\n  def g(x): return x", "g(t)", ["+1 2", "+1 3", "-1 2", "-1 1"]),
    "a cell": ("t = Thing()", "f2 = (lambda x: lambda: x)(t)", ["+1 2", "+1 3", "-1 2"]),
    "a weak reference made: its arguments alone":
        ("t = Thing(); w = []", "w = weakref.ref(t)", ["+1 2", "+1 3", "-1 2", "-1 1"]),
    "a weak reference called": ("t = Thing(); w = weakref.ref(t)", "u = w()", ["+1 2"]),
    "isinstance: its type's affair": ("t = Thing()", "isinstance(t, int)", ["+1 2", "-1 1"]),
    "a C function of the core": ("t = Thing()", "id(t)", ["+1 2", "-1 1"]),
    "a set": ("t = Thing(); s = set()", "s.add(t)", ["+1 2", "+1 3", "-1 2"]),
}


@with_the_gil
class Paths(unittest.TestCase):
    def row(self, make, act):
        body = (f"def f():\n  {make}\n  watch(t, 't')\n  mark('a')\n  {act}\n  mark('b')\n"
                "  n = sys.getrefcount(t) - 1\n  mark('n', n)\nf()\n")
        trace = record(body)
        return trace, [told(trace, event) for event in between(trace)]

    def count(self, trace, last):
        """What sys.getrefcount() found, and the count on record then."""
        (n,) = [event.fields["value"] for event in trace.named("mark.mark") if trace.text(event) == "n"]
        counts = [event.fields["local"] for event in trace.between_marks("a", "n")
                  if event.name.startswith("ref.") and trace.text(event) == "t"]
        return n, counts[-1]

    def test_every_path(self):
        for name, (make, act, records) in PATHS.items():
            with self.subTest(name):
                trace, found = self.row(make, act)
                if records is not None:
                    self.assertEqual(found, records)
                self.assertEqual(*self.count(trace, found))

    def test_a_swap_of_locals_ends_as_it_began(self):
        trace, found = self.row(*PATHS["swapped: moves"][:2])
        self.assertEqual(sum(int(record.split()[0]) for record in found), 0)

    def test_what_a_watch_sees_first_is_its_own_argument_going(self):
        trace = record("t = Thing()\nwatch(t, 't')\nmark('b')")
        (watch,) = trace.named("mark.watch")
        seen = trace.events[trace.events.index(watch) + 1:]
        self.assertEqual((watch.fields["refs"], told(trace, seen[0])), (2, "-1 1"))

    def test_who_did_it_in_python(self):
        trace = record("def keep(x):\n    return [x,\n            x]\n"
                       "t = Thing(); watch(t, 't'); mark('a'); l = keep(t); mark('b')")
        self.assertEqual([trace.code(event) for event in between(trace)],
                         ["<module>", "keep", "keep", "keep"])

    def test_a_count_that_falls_to_zero_and_the_death(self):
        trace = record("t = Thing(); watch(t, 't'); mark('a'); del t; mark('b')")
        dec, death = between(trace)
        self.assertEqual([told(trace, dec), told(trace, death)], ["-1 0", "dealloc"])
        self.assertEqual(dec.fields["caller"], death.fields["caller"])

    def test_a_finalizer_runs_on_an_object_with_a_count_of_one(self):
        trace = record("class R:\n def __del__(self): pass\n"
                       "t = R(); watch(t, 't'); mark('a'); del t; mark('b')")
        found = [told(trace, event) for event in between(trace)]
        self.assertEqual(found[:3] + found[-1:], ["-1 0", "dealloc", "=1 resurrect", "=0 resurrect"])

    def test_an_object_that_its_finalizer_saves_dies_twice(self):
        trace = record("class R:\n def __del__(self): global kept; kept = self\n"
                       "t = R(); watch(t, 't'); mark('a'); del t; mark('m'); del kept; mark('b')")
        self.assertEqual([told(trace, event) for event in between(trace)].count("dealloc"), 2)
        self.assertEqual([told(trace, event) for event in between(trace, last="m")][-1], "=1 resurrect")

    def test_interning_gives_up_the_two_references_of_the_table(self):
        trace = record("t = 'x' + str(id(sys)); watch(t, 't'); mark('a'); u = sys.intern(t); mark('b')")
        self.assertIn("=3 intern", [told(trace, event) for event in between(trace)])

    def test_an_interned_string_that_dies_gets_them_back(self):
        trace = record("t = sys.intern('x' + str(id(sys))); watch(t, 't'); mark('a'); del t; mark('b')")
        found = [told(trace, event) for event in between(trace)]
        self.assertEqual(found[:3] + found[-1:], ["-1 0", "dealloc", "=2 intern", "=0 intern"])

    def test_an_immortal_skips(self):
        trace = record("t = None; watch(t, 't'); mark('a'); u = [t, t]; mark('b')")
        self.assertEqual(set(told(trace, event) for event in between(trace)), {"immortal_skip"})
        self.assertEqual({event.fields["local"] for event in between(trace)}, {2**32 - 1})

    def test_a_dict_watched_by_c_code_is_briefly_revived(self):
        try:
            import _testcapi  # noqa: F401
        except ImportError:
            raise unittest.SkipTest("cannot run here: no _testcapi") from None
        trace = record("import _testcapi\nw = _testcapi.add_dict_watcher(0)\nt = {1: []}\n"
                       "_testcapi.watch_dict(w, t)\nwatch(t, 't'); mark('a'); del t; mark('b')")
        self.assertEqual([told(trace, event) for event in between(trace)][:3],
                         ["-1 0", "dealloc", "=1 resurrect"])

    def test_a_number_reused_in_place_does_not_die(self):
        trace = record("def f(x):\n t = x + 0.5\n watch(t, 't')\n mark('a')\n t = t + 1.0\n mark('b')\n"
                       "for i in range(9): f(1.5)", options="events=mark+ref")
        deaths = [event for event in trace.named("ref.dealloc") if trace.text(event) == "t"]
        self.assertEqual(len(deaths), 9)

    def test_a_string_made_immortal(self):
        trace = record("try: import ctypes\nexcept ImportError: sys.exit()\n"
                       "t = 'x' + str(id(sys)); watch(t, 't'); mark('a')\n"
                       "p = ctypes.py_object(t); ctypes.pythonapi.PyUnicode_InternImmortal(ctypes.byref(p))\nmark('b')")
        if "a" not in [trace.text(event) for event in trace.named("mark.mark")]:
            raise unittest.SkipTest("cannot run here: no ctypes")
        self.assertIn(f"={2**32 - 1} immortalize", [told(trace, event) for event in between(trace)])

    def test_the_end_of_the_process_makes_a_static_type_s_bases_mortal(self):
        trace = record("t = int.__bases__; watch(t, 't')")
        self.assertEqual([told(trace, event) for event in trace.named("ref.set", "ref.dec", "ref.dealloc")],
                         ["=1", "-1 0", "dealloc"])

    def test_an_address_used_again_is_somebody_else(self):
        trace = record("for i in range(50):\n t = Thing(); watch(t, f'{i}'); del t\nmark('b')")
        ids = [event.fields["watch"] for event in trace.named("ref.dealloc")]
        self.assertEqual(len(set(ids)), 50)
        for i in range(50):
            mine = [told(trace, e) for e in trace.events if e.name.startswith("ref.") and trace.text(e) == str(i)]
            self.assertEqual(mine, ["-1 1", "-1 0", "dealloc"])


@without_the_gil
class Halves(unittest.TestCase):
    """The two halves of a count, without the GIL.  `other` runs a function in another thread."""

    OTHER = ("import threading\n"
             "def other(f, *a):\n x = threading.Thread(target=f, args=a); x.start(); x.join()\n")

    def records(self, body, name="t"):
        """Everything on record about one object, in the order of each thread, the main one first."""
        trace = record(self.OTHER + textwrap.dedent(body))
        return trace, [told(trace, e) for e in trace.events
                       if e.name.startswith("ref.") and trace.text(e) == name]

    def between(self, body):
        trace = record(self.OTHER + textwrap.dedent(body))
        return [told(trace, event) for event in between(trace)]

    def test_a_watch_says_whose_the_object_is(self):
        trace, found = self.records("t = Thing(); watch(t, 't')")
        (owner,) = trace.named("ref.owner")
        self.assertEqual((trace.label(owner, "how"), owner.fields["local"], owner.fields["shared"]),
                         ("local", 2, 0))
        trace, found = self.records("l = []\nother(lambda: l.append(Thing()))\nwatch(l[0], 't')")
        (owner,) = trace.named("ref.owner")
        self.assertEqual(trace.label(owner, "how"), "shared")

    def test_the_owner_changes_the_local_half(self):
        self.assertEqual(self.between("def f():\n t = Thing(); watch(t, 't'); mark('a'); u = t; del u; mark('b')\nf()"),
                         ["+1 2 local", "-1 1 local"])

    def test_on_every_path_the_halves_make_the_count(self):
        for name, (make, act, _) in PATHS.items():
            with self.subTest(name):
                trace, _ = Paths.row(self, make, act)
                (n,) = [event.fields["value"] for event in trace.named("mark.mark") if trace.text(event) == "n"]
                last = [event for event in trace.between_marks("a", "n")
                        if event.name.startswith("ref.") and trace.text(event) == "t"][-1]
                self.assertEqual(last.fields["local"] + (last.fields["shared"] >> 2), n)

    def test_a_list_repeated_is_one_write(self):
        self.assertEqual(self.between("def f():\n t = Thing(); watch(t, 't'); mark('a'); u = [t] * 5; mark('b')\nf()"),
                         ["+1 2 local", "+5 7 local", "-1 6 local"])

    def test_another_thread_changes_the_shared_half(self):
        trace, found = self.records("l = [Thing()]\ndef g():\n u = l[0]; del u\nwatch(l[0], 't'); other(g); del l[0]")
        self.assertTrue({"+1 1 try", "+1 1 shared"} & set(found), found)
        self.assertIn("-1 0 shared", found)

    def test_a_list_repeated_by_another_thread_is_one_write(self):
        trace, found = self.records("t = Thing(); watch(t, 't')\ndef g(u):\n v = [u] * 5\nother(g, t)")
        self.assertIn("+5", {record.split()[0] for record in found})

    def test_a_remote_decrement_of_an_unshared_object_is_left_to_its_owner(self):
        trace = record(self.OTHER + "l = [Thing()]; watch(l[0], 't')\nother(l.clear)\nfor _ in range(9): pass\nmark('b')")
        names = [told(trace, event) for event in trace.named("ref.queue", "ref.merge", "ref.dealloc")]
        self.assertEqual(sorted(names), ["dealloc", "merge -1 0 queued", "queue shared"])
        queue, merge = trace.named("ref.queue")[0], trace.named("ref.merge")[0]
        self.assertNotEqual(queue.thread, merge.thread)
        self.assertEqual(queue.fields["delta"], 0)

    def test_the_owner_drops_its_last_while_others_hold_some(self):
        trace, found = self.records("""
            kept = []
            t = Thing(); watch(t, 't')
            other(kept.append, t)
            def g(): kept.append([kept[0]])
            other(g)
            del t
            mark('m')
            kept.clear()
            """)
        self.assertTrue([record for record in found if record.startswith("merge")], found)

    def test_an_owner_that_is_gone_is_merged_by_whoever_comes(self):
        trace, found = self.records("l = []\nother(lambda: l.append(Thing()))\nwatch(l[0], 't')\nl.clear()")
        self.assertIn("merge -1 0 thread_exit", found)
        self.assertEqual(found[-1], "dealloc")

    def test_a_weak_reference_called_by_another_thread_tries(self):
        trace, found = self.records("t = Thing(); w = weakref.ref(t); watch(t, 't')\n"
                                    "def g():\n u = w(); del u\nother(g)")
        self.assertIn("+1 1 try", found)

    def test_the_collector_empties_the_queue_of_a_thread_that_waits(self):
        trace, found = self.records("l = ['x' + str(id(sys))]; watch(l[0], 't')\n"
                                    "def g(): l.clear(); gc.collect()\nother(g)")
        self.assertIn("merge -1 0 collector", found)
        self.assertIn("+1 1 collector", found)
        self.assertIn("dealloc", found)

    def test_the_collector_ends_deferral_and_merges(self):
        trace, found = self.records("d = {}; exec('def f(): pass', d); watch(d['f'], 't'); del d; gc.collect()")
        self.assertIn("merge", " ".join(found))
        self.assertIn("defer", " ".join(found))
        self.assertIn("dealloc", found)

    def test_the_first_thread_makes_deferred_objects_immortal(self):
        trace, found = self.records("def f(): pass\nwatch(f, 't')\nother(lambda: None)")
        self.assertIn("=4294967295 immortalize", found)

    def test_a_finalizer_revives_in_the_thread_that_ends_the_object(self):
        trace, found = self.records("class R:\n def __del__(self): pass\nt = R(); watch(t, 't'); del t")
        at = found.index("dealloc")
        self.assertEqual(found[at + 1], "=1 resurrect")
        self.assertEqual(found[-1], "=0 resurrect")

    def test_threads_that_meet_on_one_count_try_again(self):
        for _ in range(20):
            trace = record(self.OTHER + """
t = Thing(); watch(t, 't')
def work():
    for _ in range(20000):
        u = [t]; del u
ts = [threading.Thread(target=work) for _ in range(4)]
[x.start() for x in ts]; [x.join() for x in ts]
""")
            if trace.named("ref.retry"):
                return
        raise unittest.SkipTest("cannot run here: no two threads met")


EXTENSION = r"""
#include <Python.h>
static PyObject *
keep(PyObject *module, PyObject *object)
{
    Py_INCREF(object);
    Py_INCREF(object);
    Py_INCREF(object);
    Py_RETURN_NONE;
}
static PyObject *
drop(PyObject *module, PyObject *object)
{
    Py_DECREF(object);
    Py_DECREF(object);
    Py_DECREF(object);
    Py_RETURN_NONE;
}
static PyObject *
last(PyObject *module, PyObject *list)
{
    PyObject *object = PyList_GET_ITEM(list, 0);
    PyList_SET_ITEM(list, 0, Py_NewRef(Py_None));
    Py_DECREF(object);
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {
    {"keep", keep, METH_O, NULL}, {"drop", drop, METH_O, NULL}, {"last", last, METH_O, NULL}, {NULL}
};
static struct PyModuleDef definition = { PyModuleDef_HEAD_INIT, "foreign", NULL, -1, methods };
PyMODINIT_FUNC
PyInit_foreign(void)
{
    PyObject *module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
    PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    return module;
}
"""


class Leaving(unittest.TestCase):
    """A frame is cleared when its caller runs already; who lets go is the function that ends."""

    def last(self, body, name="t"):
        """The functions and lines of the decrements of one object, by any thread."""
        trace = record(body)
        return [(trace.code(e), trace.line(e.fields["code"], e.fields["offset"]) - FIRST)
                for e in trace.events if e.name in ("ref.dec", "ref.dealloc") and trace.text(e) == name][-2:]

    def test_a_local_goes_with_the_function_that_returns(self):
        self.assertEqual(self.last("def f():\n t = Thing(); watch(t, 't')\n return 1\nf()\n"), [("f", 3)] * 2)

    def test_a_local_of_a_generator_goes_with_it(self):
        self.assertEqual(self.last("def g():\n t = Thing(); watch(t, 't')\n yield 1\n return\n"
                                   "for x in g(): pass\n"), [("g", 4)] * 2)

    def test_a_local_of_a_function_that_c_code_called(self):
        self.assertEqual(self.last("def f(x):\n t = Thing(); watch(t, 't')\n return x\nsorted([1], key=f)\n"),
                         [("f", 3)] * 2)

    def test_what_a_finalizer_does_meanwhile_is_its_own(self):
        self.assertEqual(self.last("class F:\n def __del__(self):\n  global t\n  del t\n"
                                   "def f():\n x = F()\n return 1\nt = Thing(); watch(t, 't')\nf()\n"),
                         [("F.__del__", 4)] * 2)

    def test_what_goes_on_after_a_finalizer_is_the_functions_again(self):
        self.assertEqual(self.last("class F:\n def __del__(self): pass\n"
                                   "def f():\n x = F(); t = Thing(); watch(t, 't')\n return 1\nf()\n"),
                         [("f", 5)] * 2)

    def test_a_frame_kept_by_a_traceback_goes_with_who_drops_it(self):
        self.assertEqual(self.last("def f():\n t = Thing(); watch(t, 't')\n 1 / 0\n"
                                   "try: f()\nexcept ZeroDivisionError as e: pass\n"),
                         [("<module>", 5)] * 2)


class Foreign(unittest.TestCase):
    """Extension modules, compiled as one compiles an extension: what they inline passes no hook."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("cc") is None:
            raise unittest.SkipTest("cannot run here: no C compiler")
        cls.folder = tempfile.mkdtemp()
        source = os.path.join(cls.folder, "foreign.c")
        with open(source, "w") as file:
            file.write(EXTENSION)
        flags = sysconfig.get_config_var("CFLAGS").split()
        cls.object = os.path.join(cls.folder, "foreign.o")
        subprocess.run(["cc", *flags, "-fPIC", *includes(), "-c", source, "-o", cls.object], check=True)
        subprocess.run(["cc", "-shared", cls.object, "-o", os.path.join(cls.folder, "foreign.so")], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def stat(self, path):
        if GLASSBOX is None:
            raise unittest.SkipTest("cannot run here: no program glassbox")
        done = subprocess.run([GLASSBOX, "stat", "--json", path], stdout=subprocess.PIPE, text=True)
        import json
        (rule,) = [rule for rule in json.loads(done.stdout)["invariants"] if rule["key"] == "references"]
        return done.returncode, rule

    def test_nothing_of_ours_is_in_what_includes_the_headers(self):
        with open(self.object, "rb") as file:
            self.assertNotIn(b"Glassbox", file.read())
        self.assertNotIn("GLASSBOX", sysconfig.get_config_var("CFLAGS"))

    @with_the_gil
    def test_the_gap_tells_how_many_were_missed(self):
        trace = record(f"sys.path.insert(0, {self.folder!r})\nimport foreign\nt = Thing(); watch(t, 't')\n"
                       "mark('a'); foreign.keep(t); mark('b'); foreign.drop(t); mark('c')", path="gap.gbx")
        self.assertEqual([told(trace, event) for event in between(trace)], ["+1 2", "-1 4"])
        self.assertEqual([told(trace, event) for event in between(trace, "t", "b", "c")], ["+1 5", "-1 1"])
        status, rule = self.stat("gap.gbx")
        self.assertEqual((status, rule["holds"], rule["unobserved"]), (0, True, 6))

    @with_the_gil
    def test_a_death_that_an_extension_brings_is_seen_with_its_caller(self):
        trace = record(f"sys.path.insert(0, {self.folder!r})\nimport foreign\nl = [Thing()]; watch(l[0], 't')\n"
                       "mark('a'); foreign.last(l); mark('b')", path="last.gbx")
        self.assertEqual([told(trace, event) for event in between(trace)], ["dealloc"])
        status, rule = self.stat("last.gbx")
        self.assertEqual((status, rule["unobserved"]), (0, 1))

    def test_without_an_extension_nothing_is_unobserved(self):
        record("import json, re, threading\nkeep = [Thing() for _ in range(50)]\n"
               "for i, t in enumerate(keep): watch(t, str(i))\n"
               "d = {t: [t] * 3 for t in keep}; keep.sort(key=id); e = dict(d); del d, e\n"
               "x = threading.Thread(target=lambda: [t for t in keep] * 5); x.start(); x.join()\n"
               "del t; keep.clear(); gc.collect()", path="clean.gbx")
        status, rule = self.stat("clean.gbx")
        self.assertEqual((status, rule["holds"], rule["unobserved"]), (0, True, 0))


LIMITED = r"""
#define Py_LIMITED_API 0x030c0000
#include <Python.h>
static PyObject *
keep(PyObject *module, PyObject *object)
{
    Py_INCREF(object);
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = { {"keep", keep, METH_O, NULL}, {NULL} };
static struct PyModuleDef definition = { PyModuleDef_HEAD_INIT, "limited", NULL, -1, methods };
PyMODINIT_FUNC PyInit_limited(void) { return PyModule_Create(&definition); }
"""


@with_the_gil
class Limited(unittest.TestCase):
    """An extension for the stable ABI calls functions for what others inline: these are seen."""

    def test_functions_of_the_c_api_name_their_caller(self):
        if shutil.which("cc") is None:
            raise unittest.SkipTest("cannot run here: no C compiler")
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "limited.c"), "w") as file:
                file.write(LIMITED)
            subprocess.run(["cc", "-O2", "-shared", "-fPIC", *includes(), os.path.join(folder, "limited.c"),
                            "-o", os.path.join(folder, "limited.so")], check=True)
            trace = record(f"sys.path.insert(0, {folder!r})\nimport limited\nt = Thing(); watch(t, 't')\nmark('a')\n"
                           "limited.keep(t)\nmark('b')\nfor line in open('/proc/self/maps'):\n"
                           " if 'limited.so' in line: mark('map', line.split()[0])")
        seen = between(trace)
        self.assertEqual([told(trace, event) for event in seen], ["+1 2", "+1 3", "-1 2"])
        maps = [trace.strings[event.fields["value"]].split("-") for event in trace.named("mark.mark")
                if trace.text(event) == "map"]
        caller = seen[1].fields["caller"]
        self.assertTrue(any(int(low, 16) <= caller < int(high, 16) for low, high in maps))


class Manners(unittest.TestCase):
    def test_the_same_bytecode_is_specialized_in_the_same_way(self):
        program = textwrap.dedent("""
            import dis, io, sys
            class Thing: pass
            def f(t, l):
                o = Thing(); o.t = t; l.append(t); u = l[-1]; l.pop(); return [o.t, u, t is u]
            t = Thing()
            if sys.argv[1:]: import glassbox; glassbox.watch(t, 't')
            for _ in range(200): f(t, [1])
            out = io.StringIO(); dis.dis(f, adaptive=True, file=out); print(out.getvalue())
            """)
        off = subprocess.run([sys.executable, "-c", program], text=True, stdout=subprocess.PIPE, check=True)
        for options in ("events=mark+ref", "events=mark+ref:churn=yes"):
            _, on = traces.run(program, "watch", options=options)
            self.assertEqual(re.sub("0x[0-9a-f]+", "", on), re.sub("0x[0-9a-f]+", "", off.stdout))

    def test_a_killed_program_leaves_what_it_did(self):
        trace, _ = traces.run(START + "import os, signal\nt = Thing(); watch(t, 't'); mark('a'); u = t; mark('b')\n"
                              "os.kill(os.getpid(), signal.SIGKILL)", options="events=mark+ref", status=-9)
        self.assertEqual([told(trace, event).split()[0] for event in between(trace)], ["+1", "+1", "-1"])

    def test_off_and_on_and_off_again(self):
        program = START + ("for i in range(20):\n glassbox.start(f'again{i}.gbx', events='mark+ref')\n"
                           " t = Thing(); watch(t, 't'); mark('a'); u = t; mark('b'); glassbox.stop()\n"
                           " v = [t] * 9; del t, u, v\n")
        subprocess.run([sys.executable, "-c", program], check=True)
        for i in range(20):
            trace = traces.Trace(f"again{i}.gbx")
            self.assertEqual([told(trace, e).split()[0] for e in between(trace)], ["+1", "+1", "-1"])

    def test_many_threads_on_one_object(self):
        if GLASSBOX is None:
            raise unittest.SkipTest("cannot run here: no program glassbox")
        record("import threading\nt = Thing(); watch(t, 't')\n"
               "def work():\n for _ in range(2000):\n  u = t; l = [u, u]; d = {0: l}; del u, l, d\n"
               "ts = [threading.Thread(target=work) for _ in range(8)]\n"
               "[x.start() for x in ts]; [x.join() for x in ts]\n"
               "del ts\ngc.collect()\ndel t\ngc.collect()", path="threads.gbx")
        status, rule = Foreign.stat(self, "threads.gbx")
        self.assertEqual((status, rule["holds"], rule["unobserved"]), (0, True, 0))


class Churn(unittest.TestCase):
    def churn(self, body, options="events=mark+ref:churn=yes", **more):
        return traces.run(textwrap.dedent(body), options=options, **more)[0]

    def sums(self, trace, name):
        """(increments, decrements) of the instructions of one function."""
        records = [e for e in trace.named("ref.churn") if trace.code(e) == name]
        return sum(e.fields["incs"] for e in records), sum(e.fields["decs"] for e in records)

    def test_a_line_that_moves_references_is_counted_to_the_last(self):
        trace = self.churn("""
            class Thing: pass
            def f(t, n):
                for i in range(n):
                    u = t
            f(Thing(), 100000)
            """)
        incs, decs = self.sums(trace, "f")
        self.assertTrue(100000 <= incs <= 300500 and 100000 <= decs <= 300500, (incs, decs))
        counted = {}
        for event in trace.named("ref.churn"):
            if trace.code(event) == "f":
                at = event.fields["offset"]
                counted[at] = counted.get(at, 0) + event.fields["incs"]
        self.assertIn(100000, counted.values())

    def test_without_it_nothing_is_counted(self):
        self.assertEqual(self.churn("[1] * 5", options="events=mark+ref").named("ref.churn"), [])

    def test_by_start(self):
        subprocess.run([sys.executable, "-c", "import glassbox\nglassbox.start('c.gbx', events='ref', churn=True)\n"
                        "def f():\n for i in range(5000): [i, f]\nf()\nglassbox.stop()"], check=True)
        self.assertGreaterEqual(self.sums(traces.Trace("c.gbx"), "f")[0], 5000)

    def test_what_a_thread_counted_is_written_when_it_ends(self):
        trace = self.churn("import threading\ndef work():\n for i in range(30000): l = [work]\n"
                           "x = threading.Thread(target=work); x.start(); x.join()")
        self.assertGreaterEqual(self.sums(trace, "work")[1], 30000)

    @without_the_gil
    def test_atomic_operations_are_counted_by_object_too(self):
        trace = self.churn("import threading\nclass Thing: pass\nt = Thing()\n"
                           "def work():\n for i in range(20000): u = t\n"
                           "xs = [threading.Thread(target=work) for _ in range(3)]\n"
                           "for x in xs: x.start()\nfor x in xs: x.join()")
        sharing = trace.named("ref.sharing")
        mine = [event for event in sharing if trace.type(event) == "Thing"]
        self.assertEqual(len({event.fields["address"] for event in mine}), 1)
        for thread in {event.thread for event in mine} - {0}:
            self.assertEqual(sum(e.fields["operations"] for e in mine if e.thread == thread), 40000)
        self.assertEqual({trace.code(event) for event in mine if event.thread != 0}, {"work"})
        self.assertEqual(len({event.thread for event in mine} - {0}), 3)
        self.assertEqual(sum(event.fields["operations"] for event in sharing),
                         sum(event.fields["shared"] for event in trace.named("ref.churn")))

    @with_the_gil
    def test_with_the_gil_nothing_is_atomic(self):
        trace = self.churn("l = [0] * 9; del l")
        self.assertEqual((trace.named("ref.sharing"), sum(e.fields["shared"] for e in trace.named("ref.churn"))),
                         ([], 0))

    def test_the_child_of_a_fork_counts_its_own(self):
        import glob
        for name in glob.glob("forked.gbx*"):
            os.unlink(name)
        self.churn("import os\ndef parent():\n for i in range(9000): l = [parent]\n"
                   "def child():\n for i in range(7000): l = [child]\nparent()\npid = os.fork()\n"
                   "if pid == 0: child()\nelse: os.waitpid(pid, 0)", path="forked.gbx")
        found = {}
        for name in glob.glob("forked.gbx*"):
            trace = traces.Trace(name)
            found[self.sums(trace, "parent")[0] >= 9000, self.sums(trace, "child")[0] >= 7000] = trace
        self.assertEqual(set(found), {(True, False), (False, True)})

    def test_a_process_that_is_killed_takes_less_than_a_round_with_it(self):
        """Tables are the process's own; what they hold goes into the file every million operations."""
        program = ("import glassbox, os, signal\nclass Thing: pass\nglassbox.start('k.gbx', events='ref', churn=True)\n"
                   "def f(t, n):\n for i in range(n): u = t\nf(Thing(), 1_500_000)\n")
        totals = []
        for end, status in (("glassbox.stop()", 0), ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)):
            self.assertEqual(subprocess.run([sys.executable, "-c", program + end]).returncode, status)
            totals.append(sum(e.fields["incs"] + e.fields["decs"] for e in traces.Trace("k.gbx").named("ref.churn")))
            os.unlink("k.gbx")
        whole, killed = totals
        self.assertGreaterEqual(whole, 3_000_000)
        self.assertTrue(0 < whole - killed <= 1 << 20, totals)

    def test_a_bad_value_is_refused(self):
        done = subprocess.run([sys.executable, "-X", "glassbox=x.gbx:churn=perhaps", "-c", "pass"],
                              stderr=subprocess.PIPE, text=True)
        self.assertIn("churn= is yes or no", done.stderr)


if __name__ == "__main__":
    unittest.main()
