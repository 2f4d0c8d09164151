"""Which classes are recorded: where nobody says, when it changes, and what a class that comes late is told of."""

import collections
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest

import census
import traces

GLASSBOX = os.environ.get("GLASSBOX")
BITS = {name: 1 << bit for bit, name in enumerate(
    "frame spec ref obj alloc gc gil thread compile import aio buf mark stream".split())}
DEFAULT = {"frame", "spec", "compile", "import", "thread", "gil", "gc", "mark", "ref", "aio"}


def mask(*names):
    return sum(BITS[name] for name in ("stream", *names))


def classes_of(trace):
    return {event.name.partition(".")[0] for event in trace.events}


class Chosen(unittest.TestCase):
    PROGRAM = "import glassbox, gc, threading\ngc.collect()\nglassbox.mark('m')\n" \
              "x = []\nglassbox.watch(x, 'x')\ny = x\nprint(*glassbox.status()['events'])"

    def test_where_nothing_is_said_what_one_wants_first(self):
        trace, out = traces.run(self.PROGRAM)
        self.assertEqual(set(out.split()), DEFAULT)
        want = DEFAULT - {"aio"} - ({"spec"} if traces.FREE_THREADED else set())      # it runs no loop
        self.assertEqual(classes_of(trace) - {"stream"}, want)

    def test_default_is_a_word_too(self):
        _, out = traces.run(self.PROGRAM, options="events=default+obj")
        self.assertEqual(set(out.split()), DEFAULT | {"obj"})

    def test_all_is_every_object_and_block_too(self):
        trace, out = traces.run(self.PROGRAM, options="events=all")
        self.assertEqual(set(out.split()), DEFAULT | {"obj", "alloc", "buf"})
        self.assertLessEqual({"obj", "alloc"}, classes_of(trace))

    def test_class_ref_records_no_life_of_what_nobody_watches(self):
        trace, _ = traces.run("x = [str(i) for i in range(1000)]", options="events=ref")
        self.assertEqual(classes_of(trace) - {"stream"}, set())


class Selected(unittest.TestCase):
    """glassbox.select() in a running program."""

    def select(self, program, options="events=mark", **more):
        return traces.run("import glassbox\nfrom glassbox import mark, select\ndef f(): return 1\n" + program,
                          options=options, **more)

    def test_each_change_is_an_event(self):
        trace, out = self.select("print(select('frame+mark'))\nf()\nprint(select(['mark']))\nf()\nmark('end')")
        self.assertEqual(out, "['mark']\n['frame', 'mark']\n")
        changes = [(e.fields["old_mask"], e.fields["new_mask"]) for e in trace.named("stream.mask")]
        self.assertEqual(changes, [(mask("mark"), mask("frame", "mark")), (mask("frame", "mark"), mask("mark"))])
        names = [e.name for e in trace.events]
        first, last = (i for i, name in enumerate(names) if name == "stream.mask")
        self.assertEqual([n for n in names[:first] + names[last:] if n.startswith("frame.")], [])

    def test_the_frames_that_run_are_told_first(self):
        """After the change, and before anything else of the class."""
        trace, _ = self.select("def g():\n select('frame+mark')\n f()\ndef h(): g()\nh()\nmark('end')")
        events = trace.events[[e.name for e in trace.events].index("stream.mask") + 1:]
        told = [(e.name, trace.code(e), e.fields.get("entry")) for e in events[:3]]
        self.assertEqual(told, [("frame.push", name, 255) for name in ("<module>", "h", "g")])

    def test_other_threads_tell_their_frames_too(self):
        trace, _ = self.select("import threading\nstart, go, done = (threading.Event() for _ in range(3))\n"
                               "def work():\n mark('in'); start.set(); go.wait(); f(); mark('out')\n"
                               "t = threading.Thread(target=work, name='other'); t.start(); start.wait()\n"
                               "select('frame+mark'); go.set(); t.join()\n")
        (thread,) = [events for events in trace.threads.values() if any(
            e.name == "mark.mark" and trace.text(e) == "in" for e in events)]
        present = [trace.code(e) for e in thread if e.name == "frame.push" and e.fields["entry"] == 255]
        self.assertEqual(present[:4], ["Thread._bootstrap", "Thread._bootstrap_inner", "Thread.run", "work"])
        depth = 0
        for event in thread:
            depth += event.name in ("frame.push", "frame.resume")
            depth -= event.name in ("frame.pop", "frame.suspend")
            self.assertGreaterEqual(depth, 0)

    def test_the_same_classes_are_no_change(self):
        trace, out = self.select("print(select('mark'))")
        self.assertEqual((out, trace.named("stream.mask")), ("['mark']\n", []))

    def test_where_nothing_is_recorded_nothing_happens(self):
        done = subprocess.run([sys.executable, "-c", "import glassbox\nprint(glassbox.select('frame'))"],
                              stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "[]\n"))

    def test_what_is_no_class_is_refused(self):
        _, out = self.select("try: select('framed')\nexcept ValueError as e: print(e)")
        self.assertEqual(out, "no event classes: 'framed'\n")

    def test_a_child_goes_on_with_what_was_selected(self):
        self.select("import os\nselect('thread+mark')\nif os.fork() == 0:\n mark('child')\n os._exit(0)\nos.wait()")
        (name,) = [name for name in os.listdir() if name.startswith("t.gbx.")]
        child = traces.Trace(name)
        os.remove(name)
        self.assertEqual(int.from_bytes(child.data[1244:1248], "little"), mask("thread", "mark"))

    def test_a_watch_ends_when_its_class_goes_off(self):
        """What dies unseen could be taken for what is born at its address."""
        trace, out = self.select("x = []\nglassbox.watch(x, 'x')\nselect('mark')\nselect('mark+ref')\ny = x\n"
                                 "try: glassbox.unwatch(x)\nexcept ValueError as e: print(e)\n"
                                 "glassbox.watch(x, 'x')\nmark('a'); z = x; mark('b')", "events=mark+ref")
        self.assertEqual(out, "the object is not watched\n")
        self.assertEqual([e.name for e in trace.between_marks("a", "b")], ["ref.inc", "ref.inc", "ref.dec"])

    def test_a_reader_knows_what_was_on_throughout(self):
        if GLASSBOX is None:
            self.skipTest("cannot run here: no program glassbox")
        self.select("select('mark')\nselect('frame+mark+alloc')", "events=frame+thread+mark", path="s.gbx")
        done = subprocess.run([GLASSBOX, "stat", "--json", "s.gbx"], stdout=subprocess.PIPE, text=True)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(report["processes"][0]["classes_throughout"], ["mark", "stream"])

    def test_the_sums_are_right_from_where_alloc_comes_on(self):
        if GLASSBOX is None:
            self.skipTest("cannot run here: no program glassbox")
        self.select("x = [str(i) * 9 for i in range(9999)]\nselect('mark+alloc')\ny = x[:]\ndel x[::2]\nmark('a')\n"
                    "select('mark')\ndel x, y\nselect('mark+alloc')\nz = [[i] for i in range(999)]\nmark('b')\n"
                    "select('mark')", path="s.gbx")
        done = subprocess.run([GLASSBOX, "stat", "--json", "s.gbx"], stdout=subprocess.PIPE, text=True)
        (rule,) = [rule for rule in json.loads(done.stdout)["invariants"] if rule["key"] == "heap"]
        self.assertEqual((rule["checked"], rule["violations"]), (6, 0))


LATE = """
import glassbox, sys, gc, threading
glassbox.stop()
class Mine: pass
class Slots: __slots__ = ("a",)
def generate():
    yield 1
kept = [[Mine() for i in range(500)], [Slots() for i in range(300)], {i: {} for i in range(200)},
        [(i, [i]) for i in range(400)], [generate() for i in range(50)], [i * 1.5 for i in range(700)],
        [10 ** 9 + i for i in range(600)], [str(i) * 3 for i in range(800)]]
for g in kept[4]: next(g)
gc.collect()
def tell(local):
    glassbox.start("late.gbx", limit="2G", events="obj+alloc+mark")
    del kept[0][::2], kept[5][::2], kept[7][::2]
    kept.append([Mine() for i in range(10)])
    glassbox.mark("here")
    %s
    glassbox.stop()
tell("a local " + str(id(kept)))
"""


class Late(unittest.TestCase):
    """What lived when class obj came on is found: found and born, less what died, is what lives."""

    def balance(self, trace):
        """Of each type, how many live at the mark; and how many died that nobody had told of."""
        live, strangers = {}, collections.Counter()
        for events in trace.threads.values():
            for event in events:
                if event.name in ("obj.found", "obj.create"):
                    live[event.fields["address"]] = trace.type(event)
                elif event.name == "obj.destroy" and live.pop(event.fields["address"], None) is None:
                    strangers[trace.type(event)] += 1
                elif event.name == "mark.mark":
                    return live, strangers
        raise LookupError

    def test_what_was_there_is_known_by_type(self):
        traces.run(LATE % "pass", options="events=mark")
        trace = traces.Trace("late.gbx")
        live, strangers = self.balance(trace)
        count = collections.Counter(live.values())
        self.assertEqual((count["Mine"], count["Slots"], count["generator"]), (260, 300, 50))
        self.assertEqual(strangers, {"str": 1})      # the argument of start() itself: an operand of its caller
        self.assertGreaterEqual(count["float"], 350)
        self.assertGreaterEqual(count["int"], 600)
        found = [e.fields["address"] for e in trace.named("obj.found")]
        self.assertEqual(len(found), len(set(found)))

    def test_what_was_there_is_what_the_collector_and_its_objects_know(self):
        """gc.get_objects() is made of what the collector tracks, at the same place of the program."""
        _, out = traces.run(LATE % "print(*(id(o) for o in gc.get_objects()))", options="events=mark")
        live, _ = self.balance(traces.Trace("late.gbx"))
        missing = [address for address in map(int, out.split()) if address not in live]
        self.assertLessEqual(len(missing), 3)        # born since the mark: for the list, its frame

    @unittest.skipIf(traces.FREE_THREADED, "cannot run here: the census reads pymalloc's pools")
    def test_a_census_of_the_heap_finds_no_others(self):
        """But for what C code alone holds: fewer than one in a hundred."""
        program = LATE % "sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()"
        with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "ready\n")
            trace = traces.Trace("late.gbx")
            arenas = {e.fields["address"] for e in trace.named("alloc.arena_found", "alloc.arena_new")}
            found, _ = census.objects(process.pid, arenas, trace.type_info, set())
            process.stdin.write("\n")
            process.stdin.close()
        live, _ = self.balance(trace)
        names = {ident: trace.types[ident] for ident in trace.types}
        there = {address: names[ident] for address, (ident, _) in found.items()}
        for name in ("Mine", "Slots", "list", "function", "generator", "dict", "float"):
            both = {a for a, n in there.items() if n == name}
            mine = {a for a, n in live.items() if n == name and any(x <= a < x + census.ARENA for x in arenas)}
            self.assertLessEqual(len(both ^ mine), len(both) // 100 + 3, name)


class Absent(unittest.TestCase):
    """An interpreter whose hooks were compiled out."""

    def test_the_module_says_in_one_sentence_that_it_cannot_record(self):
        if shutil.which("cc") is None:
            self.skipTest("cannot run here: no C compiler")
        tree = sysconfig.get_config_var("srcdir")
        source = os.path.join(tree, "Modules", "_glassbox.c")
        if not os.path.exists(source):
            self.skipTest("cannot run here: the interpreter's source is not there")
        flags = [f"-I{tree}/Include", f"-I{tree}/Include/internal",
                 f"-I{os.path.dirname(sysconfig.get_config_h_filename())}"]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "_glassbox.so")
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-DPy_GLASSBOX=0", "-DPy_BUILD_CORE_MODULE", *flags,
                            source, "-o", path], check=True)
            program = ("import sys, importlib.machinery as m, importlib.util as u\n"
                       f"spec = u.spec_from_file_location('_glassbox', {path!r})\n"
                       "sys.modules['_glassbox'] = u.module_from_spec(spec)\n"
                       "import glassbox\n")
            done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[-1],
                         "ImportError: this Python cannot record: it was built without Glassbox's hooks (Py_GLASSBOX=0)")
        self.assertNotIn("During handling", done.stderr)


if __name__ == "__main__":
    unittest.main()
