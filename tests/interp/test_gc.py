"""The collectors: why each collection began, what its phases did, what became of watched objects.

The witnesses are the interpreter's own: gc.get_stats(), gc.get_count(), gc.callbacks, gc.garbage,
weak references and finalizers.
"""

import subprocess
import sys
import unittest

import traces
from traces import FREE_THREADED

gil_only = unittest.skipIf(FREE_THREADED, "cannot run here: the other build has one generation")
ft_only = unittest.skipUnless(FREE_THREADED, "cannot run here: only without the GIL")

HEAD = """\
import gc, sys, weakref, glassbox
gc.disable()
class Node:
    pass
def cycle(kind=Node):
    one, two = kind(), kind()
    one.other, two.other = two, one
    return one
def now():
    return [tuple(s[k] for k in ('collections', 'collected', 'uncollectable')) for s in gc.get_stats()]
gc.collect()
"""


def record(body, options="events=gc+ref+mark", **keys):
    trace, out = traces.run(HEAD + body, options=options, **keys)
    return trace, out


class Collection:
    """One gc.start and what follows on its thread up to its gc.done."""

    def __init__(self, trace, start):
        self.trace, self.start, self.events, self.done = trace, start, [], None

    @property
    def generation(self):
        return self.start.fields["generation"]

    @property
    def reason(self):
        return self.trace.label(self.start, "reason")

    @property
    def phases(self):
        return [(self.trace.label(e, "phase"), e.fields["objects"])
                for e in self.events if e.name == "gc.phase"]

    def phase(self, name):
        return [objects for phase, objects in self.phases if phase == name]

    def verdicts(self, name):
        """The verdicts on the object watched under this name, in order."""
        return [self.trace.label(e, "verdict") for e in self.events if e.name == "gc.verdict"
                and self.trace.watches[e.fields["watch"]] == name]


def collections(trace, first=None, last=None):
    """All collections, or those between two marks; start and done have to pair on each thread."""
    found = []
    threads = [trace.between_marks(first, last)] if first else trace.threads.values()
    for events in threads:
        open_ones = []
        for event in events:
            if event.name == "gc.start":
                open_ones.append(Collection(trace, event))
                found.append(open_ones[-1])
            elif event.name == "gc.done":
                open_ones.pop().done = event
            elif event.name in ("gc.phase", "gc.verdict", "gc.untrack"):
                open_ones[-1].events.append(event)
        assert not open_ones, open_ones
    return found


def line_of(trace, event):
    return trace.line(event.fields["code"], event.fields["offset"])


class Causes(unittest.TestCase):
    def test_an_explicit_collection_names_its_generation_and_line(self):
        body = ("def collect():\n"
                "    gc.collect(0)\n"
                "    gc.collect(1)\n"
                "    gc.collect()\n"
                "glassbox.mark('a')\ncollect()\nglassbox.mark('b')")
        trace, _ = record(body)
        found = collections(trace, "a", "b")
        self.assertEqual([(c.generation, c.reason) for c in found],
                         [(0, "explicit"), (1, "explicit"), (2, "explicit")])
        self.assertEqual([trace.code(c.start) for c in found], ["collect"] * 3)
        lines = [line_of(trace, c.start) for c in found]
        self.assertEqual([line - lines[0] for line in lines], [0, 1, 2])

    def test_the_site_that_crosses_the_threshold(self):
        body = ("def fill(kept, count):\n"
                "    gc.set_threshold(%d, 10, 10)\n"
                "    gc.collect()\n"
                "    gc.enable()\n"
                "    for i in range(count):\n"
                "        kept.append([])\n"
                "        len(kept)\n"
                "    gc.disable()\n"
                "glassbox.mark('a')\nfill([], %d)\nglassbox.mark('b')")
        trace, _ = record(body % ((5000, 20000) if FREE_THREADED else (1000, 1500)))
        events = trace.between_marks("a", "b")
        scheduled = [e for e in events if e.name == "gc.scheduled"]
        started = [c for c in collections(trace, "a", "b") if c.reason == "threshold"]
        self.assertTrue(scheduled)
        self.assertEqual(len(started), len(scheduled))
        first = scheduled[0]
        self.assertEqual(trace.code(first), "fill")
        explicit = next(c for c in collections(trace, "a", "b") if c.reason == "explicit")
        self.assertEqual(line_of(trace, first) - line_of(trace, explicit.start), 3)
        self.assertEqual(trace.label(first, "reason"), "threshold")
        self.assertGreater(first.fields["count"], first.fields["threshold"])
        if not FREE_THREADED:
            self.assertEqual((first.fields["count"], first.fields["threshold"]), (1001, 1000))
        self.assertEqual(trace.code(started[0].start), "fill")
        self.assertGreaterEqual(started[0].start.fields["count"], first.fields["count"])

    def test_a_request_that_comes_to_nothing_is_no_collection(self):
        """The allocations and gc.disable() are calls of one C function: nobody looks in between."""
        body = ("import itertools, operator\n"
                "gc.set_threshold(100, 0)\n"
                "kept = []\n"
                "work = map(kept.append, map(list, [()] * 3000))\n"
                "gc.collect()\n"
                "glassbox.mark('a')\n"
                "gc.enable(); sum(map(bool, itertools.chain(work, map(operator.call, [gc.disable]))))\n"
                "glassbox.mark('b')")
        trace, _ = record(body)
        self.assertEqual(len([e for e in trace.between_marks("a", "b") if e.name == "gc.scheduled"]), 1)
        self.assertEqual(collections(trace, "a", "b"), [])

    @gil_only
    def test_the_oldest_generation_over_its_threshold_is_chosen(self):
        body = ("gc.set_threshold(100, 2, 1000)\n"
                "gc.collect()\n"
                "glassbox.mark('a')\n"
                "gc.enable()\n"
                "kept = [[] for i in range(1000)]\n"
                "gc.disable()\n"
                "glassbox.mark('b')")
        trace, _ = record(body)
        found = collections(trace, "a", "b")
        self.assertEqual([c.generation for c in found], [0, 0, 0, 1, 0, 0, 0, 1, 0][:len(found)])
        self.assertGreaterEqual(len(found), 8)
        for c in found:
            self.assertGreater(c.start.fields["count"], c.start.fields["threshold"])
        self.assertEqual(next(c for c in found if c.generation == 1).start.fields["threshold"], 2)

    def test_within_a_signal_check(self):
        """repr() looks for signals, and a collection that is due runs there, with no bytecode between."""
        body = ("gc.set_threshold(100, 0)\n"
                "gc.collect()\n"
                "kept = []\n"
                "gc.enable(); list(map(glassbox.mark, map(repr, map(kept.append, map(list, [()] * 6000)))))\n"
                "gc.disable()")
        trace, _ = record(body)
        events = [e for e in trace.events if e.name in ("gc.start", "mark.mark")]
        between = [
            here for before, here, after in zip(events, events[1:], events[2:])
            if (before.name, here.name, after.name) == ("mark.mark", "gc.start", "mark.mark")]
        self.assertGreaterEqual(len(between), 5)
        self.assertEqual({trace.label(e, "reason") for e in between}, {"threshold"})

    def test_the_end_of_the_interpreter_collects_three_times(self):
        trace, _ = record("glassbox.mark('end')")
        end = next(i for i, e in enumerate(trace.events) if e.name == "mark.mark")
        found = [c for c in collections(trace) if trace.events.index(c.start) > end]
        self.assertEqual([c.reason for c in found], ["shutdown"] * 3)
        trace, _ = record("gc.enable()\nglassbox.mark('end')")
        end = next(i for i, e in enumerate(trace.events) if e.name == "mark.mark")
        found = [c for c in collections(trace) if trace.events.index(c.start) > end]
        self.assertEqual([c.reason for c in found if c.reason != "threshold"],
                         ["explicit"] + ["shutdown"] * 3)

    def test_a_subinterpreter_collects_at_its_end(self):
        body = ("import _interpreters\n"
                "interpreter = _interpreters.create()\n"
                "_interpreters.run_string(interpreter, 'import gc; gc.collect()')\n"
                "glassbox.mark('a')\n"
                "_interpreters.destroy(interpreter)\n"
                "glassbox.mark('b')")
        trace, _ = record(body)
        found = collections(trace, "a", "b")
        self.assertIn("shutdown", [c.reason for c in found])


class Numbers(unittest.TestCase):
    def test_done_is_what_get_stats_grows_by(self):
        body = ("class Wr: pass\n"
                "def trash():\n"
                "    for i in range(7): cycle()\n"
                "before = now()\n"
                "glassbox.mark('a')\n"
                "trash(); gc.collect(0)\n"
                "trash(); trash(); gc.collect(1)\n"
                "target = cycle(); ref = weakref.ref(target, lambda r: globals().pop('ref')); del target\n"
                "gc.collect()\n"
                "glassbox.mark('b')\n"
                "print([[y - x for x, y in zip(b, a)] for b, a in zip(before, now())])")
        trace, out = record(body)
        sums = [[0, 0, 0] for _ in range(3)]
        for c in collections(trace, "a", "b"):
            own = sums[c.generation]
            own[0] += 1
            own[1] += c.done.fields["collected"]
            own[2] += c.done.fields["uncollectable"]
        self.assertEqual(sums, eval(out))
        self.assertGreater(sum(s[1] for s in sums), 0)

    def test_the_return_value_is_the_sum(self):
        trace, out = record("x = [cycle() for i in range(5)]; del x\n"
                            "glassbox.mark('a'); n = gc.collect(); glassbox.mark('b'); print(n)")
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.done.fields["collected"] + c.done.fields["uncollectable"], int(out))

    @gil_only
    def test_the_counts_afterwards(self):
        trace, out = record("glassbox.mark('a')\n"
                            "gc.collect(0); gc.collect(0); gc.collect(1)\n"
                            "glassbox.mark('b'); print(gc.get_count())")
        found = collections(trace, "a", "b")
        counts = [tuple(c.done.fields[name] for name in ("young", "middle", "old")) for c in found]
        self.assertEqual([c[1:] for c in counts], [(1, 0), (2, 0), (0, 1)])
        self.assertEqual(eval(out)[1:], counts[-1][1:])

    def test_the_phases_are_these_in_this_order(self):
        trace, _ = record("cycle()\nglassbox.mark('a'); gc.collect(); glassbox.mark('b')")
        (c,) = collections(trace, "a", "b")
        if FREE_THREADED:
            expected = ["callbacks", "merge_queued", "delayed_frees", "update_refs", "mark_heap",
                        "scan_heap", "weakrefs", "weakref_callbacks", "finalize", "resurrected",
                        "free_lists", "clear", "garbage", "callbacks"]
        else:
            again = ["update_refs", "subtract_refs", "move_unreachable"]
            expected = ["callbacks", *again, "untrack", "legacy_finalizers", "weakrefs", "finalize",
                        *again, "resurrected", "clear", "garbage", "free_lists", "callbacks"]
        self.assertEqual([name for name, _ in c.phases], expected)

    def test_the_phases_count_what_they_find(self):
        body = ("class Mortal(Node):\n"
                "    def __del__(self): pass\n"
                "class Cat(Node):\n"
                "    def __del__(self): saved.append(self)\n"
                "saved = []\n"
                "def make():\n"
                "    cycle(); cycle(Mortal); cycle(Mortal); cycle(Cat)\n"
                "    target = cycle()\n"
                "    return weakref.ref(target, saved.append), weakref.ref(target, saved.append)\n"
                "refs = make()\n"
                "glassbox.mark('a'); gc.collect(); glassbox.mark('b')\n"
                "print(len(gc.get_objects()))")
        trace, out = record(body)
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.phase("weakref_callbacks" if FREE_THREADED else "weakrefs"), [2])
        self.assertEqual(c.phase("finalize"), [6])
        resurrected, = c.phase("resurrected")
        self.assertGreaterEqual(resurrected, 2)
        found = c.phase("scan_heap" if FREE_THREADED else "move_unreachable")[0]
        self.assertGreaterEqual(found, 10)
        self.assertEqual(found - resurrected, c.done.fields["collected"])
        examined = c.phase("update_refs")[0]
        self.assertLess(abs(examined - int(out)), 1500)
        self.assertGreater(examined, 1000)
        if not FREE_THREADED:
            self.assertEqual(c.phase("subtract_refs")[0], examined)
            untracked = sum(e.fields["objects"] for e in c.events if e.name == "gc.untrack")
            self.assertEqual(examined - found - untracked, c.done.fields["long_lived"])

    def test_a_generation_is_examined_and_no_more(self):
        if FREE_THREADED:
            self.skipTest("cannot run here: the other build has one generation")
        trace, _ = record("kept = [[] for i in range(100)]\ngc.collect()\n"
                          "new = [[] for i in range(50)]\n"
                          "glassbox.mark('a'); gc.collect(0); glassbox.mark('b')")
        (c,) = collections(trace, "a", "b")
        self.assertTrue(50 <= c.phase("update_refs")[0] < 100, c.phases)

    def test_untracking_counts_tuples_and_dicts(self):
        trace, _ = record("t = [tuple([i]) for i in range(40)]\n"
                          "glassbox.mark('a'); gc.collect(); glassbox.mark('b')")
        events = [e for e in trace.between_marks("a", "b") if e.name == "gc.untrack"]
        self.assertEqual([trace.types[e.fields["type"]] for e in events], ["tuple", "dict"])
        self.assertGreaterEqual(events[0].fields["objects"], 40)

    def test_callbacks_are_a_phase(self):
        body = ("def callback(phase, info):\n"
                "    glassbox.mark(phase)\n"
                "gc.callbacks.append(callback)\n"
                "glassbox.mark('a'); gc.collect(); glassbox.mark('b')")
        trace, _ = record(body)
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.phase("callbacks"), [1, 1])
        events = trace.between_marks("a", "b")
        names = [trace.text(e) if e.name == "mark.mark" else
                 trace.label(e, "phase") if e.name == "gc.phase" else e.name for e in events]
        self.assertEqual(names[:3], ["gc.start", "start", "callbacks"])
        self.assertEqual(names[-3:], ["stop", "callbacks", "gc.done"])


class Fates(unittest.TestCase):
    def fate(self, body, name="it", options="events=gc+ref+mark"):
        trace, out = record(body.replace("COLLECT", "glassbox.mark('a'); gc.collect(); glassbox.mark('b')"),
                            options=options)
        return [c.verdicts(name) for c in collections(trace, "a", "b")], trace, out

    def test_reachable(self):
        (fate,), _, _ = self.fate("it = cycle(); glassbox.watch(it, 'it')\nCOLLECT")
        self.assertEqual(fate, ["reachable"])

    def test_a_cycle_is_cleared_and_dies(self):
        (fate,), trace, _ = self.fate("it = cycle(); glassbox.watch(it, 'it'); glassbox.watch(it.other, 'two')\n"
                                      "del it\nCOLLECT")
        self.assertEqual(fate[0], "unreachable")
        (c,) = collections(trace, "a", "b")
        both = [c.verdicts("it"), c.verdicts("two")]
        self.assertIn("cleared", both[0] + both[1])
        deaths = [e for e in trace.between_marks("a", "b") if e.name == "ref.dealloc"]
        self.assertEqual({trace.watches[e.fields["watch"]] for e in deaths}, {"it", "two"})

    def test_a_finalizer_runs_first(self):
        (fate,), trace, _ = self.fate("class Mortal(Node):\n    def __del__(self): glassbox.mark('del')\n"
                                      "it = cycle(Mortal); glassbox.watch(it, 'it'); del it\nCOLLECT")
        self.assertEqual(fate[:2], ["unreachable", "finalized"])
        events = trace.between_marks("a", "b")
        order = [trace.label(e, "verdict") if e.name == "gc.verdict" else trace.text(e)
                 for e in events if e.name in ("gc.verdict", "mark.mark")]
        self.assertLess(order.index("finalized"), order.index("del"))

    def test_a_resurrected_object(self):
        (fate,), _, out = self.fate("saved = []\n"
                                    "class Cat(Node):\n    def __del__(self): saved.append(self)\n"
                                    "it = cycle(Cat); glassbox.watch(it, 'it'); del it\n"
                                    "COLLECT\nprint(len(saved))")
        self.assertEqual(fate, ["unreachable", "finalized", "resurrected"])
        self.assertEqual(out.strip(), "2")

    def test_a_finalizer_runs_once(self):
        body = ("saved = []\n"
                "class Cat(Node):\n    def __del__(self): saved.append(self)\n"
                "it = cycle(Cat); glassbox.watch(it, 'it'); del it\n"
                "gc.collect(); saved.clear(); COLLECT")
        (fate,), _, _ = self.fate(body)
        self.assertEqual(fate[0], "unreachable")
        self.assertNotIn("finalized", fate)

    def test_an_object_that_its_neighbour_resurrects(self):
        (fate,), _, _ = self.fate("saved = []\n"
                                  "class Cat(Node):\n    def __del__(self): saved.append(self.other)\n"
                                  "class Dog(Node): pass\n"
                                  "it, cat = Dog(), Cat()\nit.other, cat.other = cat, it\n"
                                  "glassbox.watch(it, 'it'); del it, cat\nCOLLECT")
        self.assertEqual(fate, ["unreachable", "resurrected"])

    def test_saveall_saves(self):
        (fate,), trace, out = self.fate("gc.set_debug(gc.DEBUG_SAVEALL)\n"
                                        "it = cycle(); glassbox.watch(it, 'it'); del it\n"
                                        "COLLECT\ngc.set_debug(0)\n"
                                        "print(sum(type(x) is Node for x in gc.garbage))")
        self.assertEqual(fate, ["unreachable", "saved"])
        self.assertEqual(out.strip(), "2")
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.phase("clear"), [0])

    def test_a_legacy_finalizer_makes_what_it_reaches_uncollectable(self):
        body = ("try: from _testcapi import with_tp_del\n"
                "except ImportError: sys.exit('no module')\n"
                "@with_tp_del\n"
                "class Old(Node):\n    def __tp_del__(self): pass\n"
                "it, old = Node(), Old()\nit.other, old.other = old, it\n"
                "glassbox.watch(it, 'it'); glassbox.watch(old, 'old'); del it, old\n"
                "COLLECT\nprint(len(gc.garbage), now())")
        (fate,), trace, out = self.fate(body)
        self.assertEqual(fate, ["unreachable", "uncollectable"])
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.verdicts("old"), ["unreachable", "uncollectable"])
        self.assertEqual(c.phase("garbage"), [1])
        self.assertEqual(c.done.fields["uncollectable"], 2)
        self.assertEqual(out.split()[0], "1")

    def test_a_frozen_object_is_not_judged(self):
        fates, _, _ = self.fate("it = cycle(); glassbox.watch(it, 'it')\n"
                                "gc.freeze(); COLLECT\ngc.unfreeze()")
        self.assertEqual(fates, [[]])

    def test_what_no_collector_tracks_is_not_judged(self):
        fates, _, _ = self.fate("it = object(); glassbox.watch(it, 'it'); COLLECT")
        self.assertEqual(fates, [[]])

    @gil_only
    def test_an_older_generation_is_not_judged(self):
        body = ("it = cycle(); glassbox.watch(it, 'it'); gc.collect()\n"
                "glassbox.mark('a'); gc.collect(1); glassbox.mark('b')")
        fates, _, _ = self.fate(body)
        self.assertEqual(fates, [[]])

    def test_a_tuple_that_need_not_be_tracked(self):
        (fate,), _, out = self.fate("it = tuple([1, 2]); glassbox.watch(it, 'it')\n"
                                    "COLLECT\nprint(gc.is_tracked(it))")
        self.assertEqual(out.strip(), "False")
        self.assertIn("untracked", fate)

    def test_an_unwatched_object_is_not_judged(self):
        fates, _, _ = self.fate("it = cycle(); glassbox.watch(it, 'it'); glassbox.unwatch(it)\nCOLLECT")
        self.assertEqual(fates, [[]])

    def test_without_a_watch_there_is_no_verdict_and_no_phase_of_ours(self):
        trace, _ = record("cycle()\nglassbox.mark('a'); gc.collect(); glassbox.mark('b')")
        (c,) = collections(trace, "a", "b")
        self.assertEqual(c.phase("verdicts"), [])
        self.assertFalse([e for e in c.events if e.name == "gc.verdict"])

    def test_without_the_class_ref_there_is_no_verdict(self):
        fates, _, _ = self.fate("it = cycle(); glassbox.watch(it, 'it')\nCOLLECT",
                                options="events=gc+mark")
        self.assertEqual(fates, [[]])

    def test_what_comes_to_be_at_the_address_of_a_dead_one_is_not_judged(self):
        body = ("it = []; glassbox.watch(it, 'it'); where = id(it); del it\n"
                "other = []\n"
                "COLLECT\nprint(id(other) == where)")
        fates, _, out = self.fate(body)
        self.assertEqual((fates, out.strip()), ([[]], "True"))

    def test_in_a_subinterpreter(self):
        inner = ("import gc, glassbox\nclass N: pass\nit = N(); it.it = it\n"
                 "glassbox.watch(it, 'inner')\ndel it\ngc.collect()")
        trace, _ = record("import _interpreters\ninterpreter = _interpreters.create()\n"
                          f"_interpreters.run_string(interpreter, {inner!r})\n"
                          "_interpreters.destroy(interpreter)")
        fates = [c.verdicts("inner") for c in collections(trace)]
        self.assertIn(["unreachable", "cleared"], fates)


class Observer(unittest.TestCase):
    """Tracing changes no collection."""

    PROGRAM = """\
import gc, sysconfig
seen = []
gc.set_threshold(300, 0 if sysconfig.get_config_var("Py_GIL_DISABLED") else 3, 3)
gc.collect()
gc.callbacks.append(lambda phase, info: seen.append((phase, len(kept), *info.values())))
kept = []
class Node: pass
for i in range(6000):
    node = Node(); node.self = node
    kept.append([i])
    if i % 7 == 0: kept = kept[len(kept) // 2:]
gc.callbacks.clear()
print(seen, gc.get_stats())
"""

    def test_the_same_collections_at_the_same_counts(self):
        plain = subprocess.run([sys.executable, "-c", self.PROGRAM], text=True, check=True,
                               capture_output=True).stdout
        _, gc_only = traces.run(self.PROGRAM, options="events=gc")
        _, more = traces.run(self.PROGRAM, options="events=gc+ref+obj+frame")
        self.assertGreater(plain.count("start"), 3 if FREE_THREADED else 15)
        self.assertEqual(plain, gc_only)
        self.assertEqual(plain, more)


@ft_only
class Stopped(unittest.TestCase):
    WORLD = ("gc.world_stop", "gc.world_stopped", "gc.world_started")

    def test_the_world_stops_twice_in_a_collection(self):
        trace, _ = record("glassbox.mark('a'); gc.collect(); glassbox.mark('b')")
        names = [e.name for e in trace.between_marks("a", "b") if e.name in self.WORLD]
        self.assertEqual(names, list(self.WORLD) * 2)

    def test_as_many_threads_as_there_are_stop(self):
        body = ("import threading\n"
                "done = threading.Event(); ready = threading.Barrier(4)\n"
                "def spin():\n    ready.wait()\n    while not done.is_set(): pass\n"
                "threads = [threading.Thread(target=spin) for i in range(3)]\n"
                "[t.start() for t in threads]; ready.wait()\n"
                "glassbox.mark('a'); gc.collect(); glassbox.mark('b')\n"
                "done.set(); [t.join() for t in threads]")
        trace, _ = record(body)
        stopped = [e for e in trace.between_marks("a", "b") if e.name == "gc.world_stopped"]
        self.assertEqual([e.fields["threads"] for e in stopped], [3, 3])
        self.assertEqual([e.fields["everyone"] for e in stopped], [0, 0])

    def test_the_world_also_stops_for_others(self):
        trace, _ = record("glassbox.mark('a'); gc.get_referrers(None); gc.get_objects()\nglassbox.mark('b')")
        names = [e.name for e in trace.between_marks("a", "b") if e.name in self.WORLD]
        self.assertEqual(names, list(self.WORLD) * 2)

    def test_a_thread_adds_its_count_after_512(self):
        trace, out = record("kept = []\ngc.get_count()\nglassbox.mark('a')\n"
                            "for i in range(1600): kept.append([])\n"
                            "glassbox.mark('b')\nprint(gc.get_count()[0])")
        flushes = [e for e in trace.between_marks("a", "b") if e.name == "gc.count_flush"]
        self.assertEqual([e.fields["count"] for e in flushes], [512] * 3)
        totals = [e.fields["total"] for e in flushes]
        self.assertEqual([y - x for x, y in zip(totals, totals[1:])], [512] * 2)
        last = trace.named("gc.count_flush")
        self.assertIn(int(out), [e.fields["total"] for e in last])

    def test_frees_are_added_up_too(self):
        trace, _ = record("kept = [[] for i in range(2000)]\ngc.get_count()\nglassbox.mark('a')\n"
                          "kept.clear()\nglassbox.mark('b')")
        flushes = [e for e in trace.between_marks("a", "b") if e.name == "gc.count_flush"]
        down = [e for e in flushes if e.fields["count"] == -512]
        self.assertGreaterEqual(len(down), 3)


if __name__ == "__main__":
    unittest.main()
