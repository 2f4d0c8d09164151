"""What a program says in its own trace, and the deaths of the objects it watches."""

import subprocess
import sys
import unittest

import traces


class Marks(unittest.TestCase):
    def value(self, expression):
        """(type, value) of a mark with the value of this expression."""
        trace, _ = traces.run(f"import glassbox\nglassbox.mark('m', {expression})",
                              options="events=mark")
        (mark,) = trace.named("mark.mark")
        return trace, trace.label(mark, "type"), mark.fields["value"]

    def error(self, expression):
        _, out = traces.run(f"import glassbox\ntry: {expression}\nexcept Exception as e: "
                            "print(type(e).__name__, '-', e)", options="events=mark")
        return out.strip()

    def test_without_a_value(self):
        trace, _ = traces.run("import glassbox\nglassbox.mark('m')", options="events=mark")
        (mark,) = trace.named("mark.mark")
        self.assertEqual(trace.label(mark, "type"), "none")

    def test_none(self):
        self.assertEqual(self.value("None")[1:], ("none", 0))

    def test_integers_of_both_signs_to_the_edges_of_64_bits(self):
        for number in (0, -1, 2**63 - 1, -2**63, True):
            _, kind, value = self.value(repr(number))
            self.assertEqual((kind, value), ("int", number % 2**64))

    def test_integers_beyond_64_bits_are_refused(self):
        self.assertIn("OverflowError", self.error("glassbox.mark('m', 2**63)"))
        self.assertIn("OverflowError", self.error("glassbox.mark('m', -2**63 - 1)"))

    def test_floats(self):
        import struct
        for number in ("0.5", "-0.0", "float('inf')", "float('nan')"):
            _, kind, value = self.value(number)
            self.assertEqual((kind, value),
                             ("float", struct.unpack("<Q", struct.pack("<d", eval(number)))[0]))

    def test_strings_of_every_width(self):
        for text in ("", "plain", "é", "語", "🐍", "a\0b"):
            trace, kind, value = self.value(ascii(text))
            self.assertEqual((kind, trace.strings[value]), ("str", text))

    def test_a_lone_surrogate_becomes_the_replacement_character(self):
        trace, kind, value = self.value(r"'a\ud800b'")
        self.assertEqual((kind, trace.strings[value]), ("str", "a\ufffdb"))

    def test_a_long_text_is_cut_at_a_whole_character(self):
        trace, _, value = self.value("'é' * 1000")
        self.assertEqual(trace.strings[value], "é" * 512)

    def test_other_values_are_refused(self):
        self.assertEqual(self.error("glassbox.mark('m', [])"),
                         "TypeError - a mark's value is an int, a float, a str or None, not list")

    def test_a_name_that_is_no_string_is_refused(self):
        self.assertIn("TypeError", self.error("glassbox.mark(1)"))

    def test_what_is_refused_while_recording_is_refused_without(self):
        program = ("import glassbox\nfor value in (2**64, [], object()):\n"
                   " try: glassbox.mark('m', value)\n except Exception as e: print(type(e).__name__)")
        off = subprocess.run([sys.executable, "-c", program], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        _, on = traces.run(program)
        self.assertEqual(on, off)

    def test_a_name_is_defined_once(self):
        trace, _ = traces.run("import glassbox\nfor _ in range(9): glassbox.mark('again')",
                              options="events=mark")
        self.assertEqual(len({e.fields["name"] for e in trace.named("mark.mark")}), 1)


class Spans(unittest.TestCase):
    def spans(self, body):
        trace, _ = traces.run("import glassbox\nfrom glassbox import span\n" + body,
                              options="events=mark")
        return [(e.name.removeprefix("mark.span_"), trace.text(e), e.fields["span"])
                for e in trace.events if e.name.startswith("mark.span")]

    def test_spans_nest_and_each_has_its_number(self):
        self.assertEqual(self.spans("with span('a'):\n with span('b'): pass\nwith span('a'): pass"),
                         [("begin", "a", 1), ("begin", "b", 2), ("end", "b", 2), ("end", "a", 1),
                          ("begin", "a", 3), ("end", "a", 3)])

    def test_an_exception_ends_the_spans_it_crosses(self):
        self.assertEqual(self.spans("try:\n with span('a'), span('b'): 1/0\n"
                                    "except ZeroDivisionError: glassbox.mark('after')"),
                         [("begin", "a", 1), ("begin", "b", 2), ("end", "b", 2), ("end", "a", 1)])

    def test_a_span_lets_its_exception_pass(self):
        _, out = traces.run("import glassbox\ntry:\n with glassbox.span('a'): 1/0\n"
                            "except ZeroDivisionError: print('passed')")
        self.assertEqual(out, "passed\n")

    def test_threads_share_the_numbers(self):
        spans = self.spans("import threading\ndef work():\n with span('w'): pass\n"
                           "ts = [threading.Thread(target=work) for _ in range(4)]\n"
                           "[t.start() for t in ts]; [t.join() for t in ts]")
        self.assertEqual(sorted(n for kind, _, n in spans if kind == "begin"), [1, 2, 3, 4])


class Watching(unittest.TestCase):
    def order(self, body):
        """watch, unwatch and destroy of named objects, and marks, in order."""
        trace, out = traces.run("import glassbox, sys, gc\nfrom glassbox import mark, watch, unwatch\n"
                                "class Thing: pass\n" + body, options="events=mark+ref")
        self.assertEqual(out, "")
        verbs = {"mark.watch": "watch ", "mark.unwatch": "unwatch ", "ref.dealloc": "destroy ",
                 "mark.mark": ""}
        return trace, [verbs[e.name] + trace.text(e, "name" if e.name == "mark.mark" else "watch")
                       for e in trace.events if e.name in verbs]

    def test_unwatched_before_its_death_it_dies_unseen(self):
        _, order = self.order("t = Thing(); watch(t, 't'); unwatch(t); del t")
        self.assertEqual(order, ["watch t", "unwatch t"])

    def test_watching_again_renames(self):
        trace, order = self.order("t = Thing(); watch(t, 'old'); watch(t, 'new'); del t")
        self.assertEqual(order, ["watch old", "watch new", "destroy new"])
        self.assertEqual(len({e.fields["watch"] for e in trace.named("mark.watch")}), 2)

    def test_the_record_says_what_it_was_and_where(self):
        trace, _ = self.order("t = Thing(); u = t; watch(t, 't'); print(end=''); del u, t")
        (watch,), (destroy,) = trace.named("mark.watch"), trace.named("ref.dealloc")
        self.assertEqual(trace.text(watch, "type"), "Thing")
        self.assertGreaterEqual(watch.fields["refs"], 2)
        self.assertEqual(watch.fields["watch"], destroy.fields["watch"])
        self.assertEqual(trace.code(destroy), "<module>")

    def test_an_address_used_again_is_another_watch(self):
        trace, order = self.order("for i in range(20):\n t = Thing(); watch(t, 't'); del t")
        self.assertEqual(order, ["watch t", "destroy t"] * 20)
        ids = [e.fields["watch"] for e in trace.named("ref.dealloc")]
        self.assertEqual(len(set(ids)), 20)

    def refused(self, expression, error):
        _, out = traces.run(f"import glassbox\ntry: {expression}\n"
                            f"except {error} as e: print(e)", options="events=mark+ref")
        return out.strip()

    def test_numbers_can_be_watched(self):
        for number in ("10**9 + n", "0.5 + n"):
            _, order = self.order(f"def f(n):\n t = {number}; watch(t, 't'); del t; mark('after')\nf(1)")
            self.assertEqual(order, ["watch t", "destroy t", "after"])

    def test_an_immortal_can_be_watched_and_never_dies(self):
        _, order = self.order("watch(None, 't'); mark('after')")
        self.assertEqual(order, ["watch t", "after"])

    def test_more_than_512_are_refused(self):
        self.assertIn("512", self.refused(
            "glassbox.keep = [type('T', (), {})() for _ in range(513)]; "
            "[glassbox.watch(o, 'n') for o in glassbox.keep]", "RuntimeError"))

    def test_the_dead_make_room(self):
        trace, order = self.order("for i in range(2000):\n t = Thing(); watch(t, 't'); del t")
        self.assertEqual(len(order), 4000)

    def test_a_name_that_is_no_string_is_refused(self):
        self.assertIn("str", self.refused("glassbox.watch([], 1)", "TypeError"))

    def test_unwatching_what_is_not_watched_is_refused(self):
        self.assertIn("not watched", self.refused("glassbox.unwatch([])", "ValueError"))

    def test_where_deaths_are_not_recorded_both_do_nothing(self):
        trace, out = traces.run("import glassbox\nt = []\nglassbox.watch(t, 't')\n"
                                "glassbox.unwatch([])\ndel t", options="events=mark")
        self.assertEqual(out, "")
        self.assertEqual([e.name for e in trace.events if e.name.startswith("mark.")], [])

    def test_while_nothing_is_recorded_both_do_nothing(self):
        done = subprocess.run([sys.executable, "-c", "import glassbox\nt = []\n"
                               "for _ in range(300): glassbox.watch(list(), 't')\n"
                               "glassbox.unwatch(t)"])
        self.assertEqual(done.returncode, 0)

    def test_a_new_recording_watches_nothing_of_the_old(self):
        subprocess.run([sys.executable, "-c", "import glassbox\n"
                        "class Thing: pass\nkeep = [Thing() for _ in range(256)]\n"
                        "glassbox.start('first.gbx', events='mark+ref')\n"
                        "for t in keep: glassbox.watch(t, 'old')\n"
                        "glassbox.stop()\n"
                        "dead = [id(keep.pop()) for _ in range(100)]; t = None\n"
                        "glassbox.start('second.gbx', events='mark+ref')\n"
                        "more = [Thing() for _ in range(250)]\n"
                        "for t in more: glassbox.watch(t, 'new')\n"
                        "keep.clear(); glassbox.mark('m'); t = None; more.clear()\n"
                        "glassbox.stop()"], check=True)
        trace = traces.Trace("second.gbx")
        self.assertEqual([trace.text(e) for e in trace.named("ref.dealloc")], ["new"] * 250)

    def test_the_child_of_a_fork_watches_nothing_of_its_parent(self):
        import glob
        import os
        for name in glob.glob("f.gbx*"):
            os.unlink(name)
        traces.run("import glassbox, os\nt = [[]]\nglassbox.watch(t, 'parent')\npid = os.fork()\n"
                   "if pid == 0:\n u = [[]]; glassbox.watch(u, 'child'); del t, u; os._exit(0)\n"
                   "os.waitpid(pid, 0); del t", path="f.gbx", options="events=mark+ref")
        dead = sorted([trace.text(e) for e in trace.named("ref.dealloc")]
                      for trace in map(traces.Trace, glob.glob("f.gbx*")))
        self.assertEqual(dead, [["child"], ["parent"]])


# name -> (what runs before, what makes and kills the object `t` watched as "t")
DEATHS = {
    "a local overwritten": "def f():\n t = Thing(); watch(t, 't'); t = None; mark('after')\nf()",
    "a local deleted": "def f():\n t = Thing(); watch(t, 't'); del t; mark('after')\nf()",
    "a local of a call that returns":
        "def f():\n t = Thing(); watch(t, 't')\nf(); mark('after')",
    "a temporary on the stack": "def f():\n t = Thing(); watch(t, 't'); return t\nf(); mark('after')",
    "the operand of a specialized addition":
        "def make(i):\n s = 'ab' * (i + 5)\n if i == 30: watch(s, 't')\n return s\n"
        "def f():\n for i in range(31): make(i) + 'c'\n mark('after')\nf()",
    "the operand of a specialized comparison":
        "def make(i):\n s = 'ab' * (i + 5)\n if i == 30: watch(s, 't')\n return s\n"
        "def f():\n for i in range(31): make(i) == 'c'\n mark('after')\nf()",
    "a global": "t = Thing(); watch(t, 't'); del t; mark('after')",
    "an attribute": "o = Thing(); o.t = Thing(); watch(o.t, 't'); del o.t; mark('after')",
    "an item of a dict": "d = {1: Thing()}; watch(d[1], 't'); d.clear(); mark('after')",
    "an item of a list": "l = [Thing()]; watch(l[0], 't'); l.pop(); mark('after')",
    "a list": "t = [[]]; watch(t, 't'); del t; mark('after')",
    "a tuple": "t = tuple([[]]); watch(t, 't'); del t; mark('after')",
    "a dict": "t = dict(a=[]); watch(t, 't'); del t; mark('after')",
    "bytes": "t = bytes(range(9)); watch(t, 't'); del t; mark('after')",
    "a function": "def t(): pass\nwatch(t, 't'); del t; gc.collect(); mark('after')",
    "a class": "class T: pass\nwatch(T, 't'); del T; gc.collect(); mark('after')",
    "a suspended generator": "def g(): yield\nt = g(); next(t); watch(t, 't'); del t; mark('after')",
    "a frame object":
        "def f():\n t = sys._getframe(); watch(t, 't')\nf(); gc.collect(); mark('after')",
    "a subclass of int": "class T(int): pass\nt = T(9); watch(t, 't'); del t; mark('after')",
    "a cycle that the collector finds":
        "t = Thing(); t.t = t; watch(t, 't'); del t; gc.collect(); mark('after')",
    "the end of a long chain, by the trashcan":
        "t = [Thing()]; watch(t[0], 't')\nfor _ in range(20000): t = [t]\ndel t; mark('after')",
    "a local of a thread that ends":
        "import threading\ndef f():\n t = Thing(); watch(t, 't')\n"
        "x = threading.Thread(target=f); x.start(); x.join(); mark('after')",
    "what another thread had made":
        "import threading\nl = []\ndef f():\n t = Thing(); watch(t, 't'); l.append(t)\n"
        "x = threading.Thread(target=f); x.start(); x.join(); del x; l.clear(); gc.collect(); "
        "mark('after')",
    "bytes that their owner resizes":
        "import io\nb = io.BytesIO(b'x' * 64); b.seek(0, 2); b.write(b'x'); t = b.getvalue()\n"
        "watch(t, 't'); del t; b.write(b'y' * 9999); mark('after')",
    "a string that grows in place":
        "def f():\n s = 'ab' * 30\n for i in range(31):\n  if i == 30: watch(s, 't')\n"
        "  s += 'c'\n mark('after')\nf()",
}


class Deaths(unittest.TestCase):
    """One row of EVENTS.md after another: each kills the watched object before 'after'."""

    def test_every_path_of_destruction(self):
        for name, body in DEATHS.items():
            with self.subTest(name):
                _, order = Watching.order(self, body)
                self.assertEqual(order, ["watch t", "destroy t", "after"])

    def test_the_end_of_the_interpreter(self):
        _, order = Watching.order(self, "t = Thing(); watch(t, 't'); mark('last')")
        self.assertEqual(order, ["watch t", "last", "destroy t"])

    def test_an_exit_by_os_exit_destroys_nothing(self):
        _, order = Watching.order(self, "import os\nt = Thing(); watch(t, 't'); os._exit(0)")
        self.assertEqual(order, ["watch t"])

    def test_an_object_that_its_finalizer_saves_had_begun_to_die(self):
        _, order = Watching.order(self, "class R:\n def __del__(self): global kept; kept = self\n"
                                  "t = R(); watch(t, 't'); del t; mark('after'); del kept; mark('end')")
        self.assertEqual(order, ["watch t", "destroy t", "after", "destroy t", "end"])

    def test_a_death_is_where_the_last_reference_went(self):
        trace, _ = Watching.order(self, "def victim(l):\n    l.pop()\n    mark('after')\n"
                                  "l = [Thing()]; watch(l[0], 't'); victim(l)")
        (destroy,) = trace.named("ref.dealloc")
        self.assertEqual(trace.code(destroy), "victim")


if __name__ == "__main__":
    unittest.main()
