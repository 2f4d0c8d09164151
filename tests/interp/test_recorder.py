"""The recorder as a guest: what it keeps, when it loses, and how it leaves its host alone."""

import glob
import os
import resource
import signal
import subprocess
import sys
import time
import unittest

import traces

EIGHT_THREADS = """
import threading, glassbox
def work(n):
    for i in range(20000):
        glassbox.mark(n, i)
threads = [threading.Thread(target=work, args=(f"t{k}",)) for k in range(8)]
for t in threads: t.start()
for t in threads: t.join()
"""


class TestCase(unittest.TestCase):
    def setUp(self):
        for name in glob.glob("t.gbx*"):
            os.unlink(name)


class Keeping(TestCase):
    def test_eight_threads_at_full_rate_lose_nothing_and_keep_their_order(self):
        trace, _ = traces.run(EIGHT_THREADS, options="events=mark")
        self.assertEqual((trace.lost, trace.lost_unattached), (0, 0))
        values = {}
        for events in trace.threads.values():
            for event in events:
                if event.name == "mark.mark":
                    name = trace.strings[event.fields["name"]]
                    values.setdefault(name, []).append(event.fields["value"])
        self.assertEqual(len(values), 8)
        for name, seen in values.items():
            self.assertEqual(seen, list(range(20000)), name)

    def test_a_trace_is_readable_after_kill_9_at_any_moment(self):
        for delay_ms in range(20, 220, 10):
            path = f"k{delay_ms}.gbx"
            process = subprocess.Popen(
                [sys.executable, "-X", "glassbox=" + path, "-c",
                 "import time\ndef f(): pass\n"
                 "while True:\n for _ in range(100): f()\n time.sleep(0.001)"])
            time.sleep(delay_ms / 1000)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if os.path.exists(path):
                trace = traces.Trace(path)
                self.assertEqual(trace.state, 0)
                os.unlink(path)
        self.assertGreater(len(trace.named("frame.push")), 1000)

    def test_a_trace_is_readable_after_a_segfault(self):
        trace, _ = traces.run("import glassbox, ctypes\nglassbox.mark('last')\nctypes.string_at(0)",
                              status=-signal.SIGSEGV)
        self.assertIn("last", [trace.strings[e.fields["name"]] for e in trace.named("mark.mark")])

    def test_what_does_not_fit_is_counted(self):
        trace, _ = traces.run("import glassbox\nfor i in range(100000): glassbox.mark('m', i)",
                              options="events=mark:limit=512K")
        kept = [e.fields["value"] for e in trace.named("mark.mark")]
        self.assertEqual(kept, list(range(len(kept))))
        self.assertGreater(trace.lost, 0)
        self.assertEqual(len(kept) + trace.lost, 100000)
        self.assertEqual([e.fields["count"] for e in trace.named("stream.lost")], [trace.lost])
        self.assertEqual(trace.state, 2)

    def test_a_gap_longer_than_32_bits_of_ticks_is_bridged(self):
        trace, _ = traces.run("import glassbox, time\nglassbox.mark('a'); time.sleep(4.4); "
                              "glassbox.mark('b')", options="events=mark:clock=monotonic")
        self.assertEqual([e.name for e in trace.between_marks("a", "b")], ["stream.time"])

    def test_a_ring_keeps_the_newest_and_counts_the_rest(self):
        trace, _ = traces.run("import glassbox\nfor i in range(100000): glassbox.mark('m', i)",
                              options="events=mark:mode=ring:limit=512K")
        kept = [e.fields["value"] for e in trace.named("mark.mark")]
        self.assertEqual(kept, list(range(100000 - len(kept), 100000)))
        self.assertEqual(len(kept) + trace.overwritten, 100000)
        self.assertLessEqual(os.path.getsize("t.gbx"), 512 * 1024)

    def test_a_ring_is_used_by_one_thread_to_a_good_part(self):
        trace, _ = traces.run("import glassbox\nfor i in range(200000): glassbox.mark('m', i)",
                              options="events=mark:mode=ring:limit=2M")
        kept = len(trace.named("mark.mark")) * 24           # bytes of a mark
        self.assertGreater(kept, 0.3 * (2 << 20))

    def test_in_a_ring_the_busiest_thread_leaves_room_for_the_others(self):
        trace, _ = traces.run(
            "import threading, glassbox\n"
            "def work(n):\n"
            "    for i in range(20000): glassbox.mark(f'm{n}', i)\n"
            "work(0)\n"
            "threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 9)]\n"
            "for t in threads: t.start()\n"
            "for t in threads: t.join()",
            options="events=mark:mode=ring:limit=512K")
        last = {trace.strings[e.fields["name"]]: e.fields["value"] for e in trace.named("mark.mark")}
        self.assertEqual(last, {f"m{n}": 19999 for n in range(9)})
        self.assertEqual(trace.lost + trace.lost_unattached, 0)

    def test_a_full_disk_is_a_counted_loss_and_the_program_goes_on(self):
        # RLIMIT_FSIZE makes the file's growth fail as a full disk does, at the same call.
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
        done = subprocess.run(
            [sys.executable, "-X", "glassbox=t.gbx:events=mark", "-c",
             "import glassbox\nfor i in range(100000): glassbox.mark('m', i)\nprint('went on')"],
            preexec_fn=limit, stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "went on\n"))
        trace = traces.Trace("t.gbx")
        self.assertEqual(trace.state, 3)
        self.assertEqual(len(trace.named("mark.mark")) + trace.lost, 100000)

    def test_threads_that_come_and_go_each_have_their_own_stream(self):
        trace, _ = traces.run(
            "import threading, glassbox\n"
            "for i in range(300):\n"
            "    t = threading.Thread(target=glassbox.mark, args=('m', i)); t.start(); t.join()",
            options="events=mark+thread")
        marks = {e.thread: e.fields["value"] for e in trace.named("mark.mark")}
        self.assertEqual(sorted(marks.values()), list(range(300)))
        self.assertEqual(len(trace.named("thread.exit")), 301)


FRAMES_IN_PARALLEL = """
import sys, threading
from glassbox import mark
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def count(n): yield from range(n)
class A:
    def __init__(self): self.value = [*count(3)]
def work(n):
    for i in range(40):
        fib(10); A(); exec(f"def made(): return {i}\\nmade()"); mark(f"t{n}", i)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
"""

STOPS_AND_STARTS = """
import threading, time, glassbox
stop = False
def call(): return 1
def work():
    i = 0
    while not stop:
        i += 1
        call(); glassbox.mark("m", i)
        with glassbox.span("s"): glassbox.watch([[i]], "w")
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for n in range(20):
    glassbox.start(f"s{n}.gbx", mode=("full", "ring")[n % 2], limit="4M")
    time.sleep(0.02)
    glassbox.stop()
stop = True
for t in threads: t.join()
"""


class Parallel(TestCase):
    """Eight threads at once: by turns with the GIL, truly side by side without."""

    def test_each_thread_keeps_its_own_nesting(self):
        trace, _ = traces.run(FRAMES_IN_PARALLEL)
        self.assertEqual((trace.lost, trace.lost_unattached), (0, 0))
        calls = {}
        for thread, events in trace.threads.items():
            stack = []
            for event in events:
                if event.name in ("frame.push", "frame.resume"):
                    stack.append(event.fields["frame"])
                    if event.name == "frame.push" and trace.code(event) == "fib":
                        calls[thread] = calls.get(thread, 0) + 1
                elif event.name in ("frame.pop", "frame.suspend", "frame.generator"):
                    self.assertEqual(stack.pop(), event.fields["frame"])
            self.assertEqual(stack, [])
        self.assertEqual(sorted(calls.values()), [177 * 40] * 8)

    def test_each_code_object_has_one_id_however_many_threads_meet_it_first(self):
        trace, _ = traces.run(FRAMES_IN_PARALLEL, options="events=frame")
        fibs = {e.fields["code"] for e in trace.named("frame.push") if trace.code(e) == "fib"}
        self.assertEqual(len(fibs), 1)

    def test_recordings_begin_and_end_while_threads_run(self):
        subprocess.run([sys.executable, "-c", STOPS_AND_STARTS], check=True, timeout=120)
        for n in range(20):
            trace = traces.Trace(f"s{n}.gbx")
            self.assertNotEqual(trace.state, 0)
            for events in trace.threads.values():
                marks = [e.fields["value"] for e in events
                         if e.name == "mark.mark" and trace.text(e) == "m"]
                self.assertEqual(marks, sorted(marks))
            if n % 2 == 0:
                self.assertGreater(len(trace.named("mark.mark", "frame.push")), 100)
            for event in trace.named("mark.mark", "mark.watch", "ref.dealloc"):
                self.assertIn(trace.text(event), ("m", "w"))


class Following(TestCase):
    def relatives(self):
        found = [traces.Trace(name) for name in sorted(glob.glob("t.gbx*"))]
        self.assertEqual(len({t.run_id for t in found}), 1)
        self.assertEqual(len({t.pid for t in found}), len(found))
        return found

    def marks(self):
        return sorted(t.strings[e.fields["name"]] for t in self.relatives()
                      for e in t.named("mark.mark"))

    def test_fork(self):
        traces.run("import os, glassbox\nglassbox.mark('before')\npid = os.fork()\n"
                   "glassbox.mark('parent' if pid else 'child')\nif pid: os.waitpid(pid, 0)")
        self.assertEqual(self.marks(), ["before", "child", "parent"])

    def test_subprocess(self):
        traces.run("import subprocess, sys, glassbox\nglassbox.mark('outer')\n"
                   "subprocess.run([sys.executable, '-c', 'import glassbox; glassbox.mark(\"inner\")'])",
                   via="environment")
        self.assertEqual(self.marks(), ["inner", "outer"])

    def test_exec_in_the_same_process(self):
        traces.run("import os, sys, glassbox\nglassbox.mark('first')\n"
                   "os.execv(sys.executable, [sys.executable, '-c', "
                   "'import glassbox; glassbox.mark(\"second\")'])", via="environment")
        names = sorted(glob.glob("t.gbx*"))
        self.assertEqual(len(names), 2)
        marks = [t.strings[e.fields["name"]] for t in map(traces.Trace, names)
                 for e in t.named("mark.mark")]
        self.assertEqual(marks, ["first", "second"])

    def test_multiprocessing_in_every_start_method(self):
        program = ("import multiprocessing as mp, sys, glassbox\n"
                   "def work(n): glassbox.mark(f'work {n}')\n"
                   "if __name__ == '__main__':\n"
                   "    mp.set_start_method(sys.argv[1])\n"
                   "    ps = [mp.Process(target=work, args=(n,)) for n in range(2)]\n"
                   "    [p.start() for p in ps]; [p.join() for p in ps]\n")
        with open("mp_program.py", "w") as file:
            file.write(program)
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method):
                self.setUp()
                subprocess.run([sys.executable, "-X", "glassbox=t.gbx", "mp_program.py", method],
                               check=True, timeout=120)
                self.assertEqual(self.marks(), ["work 0", "work 1"])

    def test_a_second_run_replaces_the_trace_of_the_first(self):
        traces.run("import glassbox; glassbox.mark('one')")
        trace, _ = traces.run("import glassbox; glassbox.mark('two')")
        self.assertEqual(glob.glob("t.gbx*"), ["t.gbx"])
        self.assertEqual([trace.strings[e.fields["name"]] for e in trace.named("mark.mark")],
                         ["two"])


class Guest(TestCase):
    def test_no_descriptor_is_kept_and_closing_all_does_no_harm(self):
        trace, out = traces.run(
            "import os, glassbox\nprint(sorted(os.listdir('/proc/self/fd')))\n"
            "os.closerange(3, 256)\nfor i in range(50000): glassbox.mark('m', i)")
        self.assertEqual(out.strip(), str(["0", "1", "2", "3"]))
        self.assertEqual(len(trace.named("mark.mark")), 50000)

    def test_no_thread_is_started_so_fork_does_not_warn(self):
        _, out = traces.run("import os, warnings\nwarnings.simplefilter('error')\n"
                            "pid = os.fork()\nif pid == 0: os._exit(0)\n"
                            "print(os.waitpid(pid, 0)[1], len(os.listdir('/proc/self/task')))")
        self.assertEqual(out.strip(), "0 1")

    def test_output_status_and_warnings_are_those_of_an_untraced_run(self):
        program = ("import sys, warnings\nprint('out')\nwarnings.warn('careful')\n"
                   "print('err', file=sys.stderr)\nraise SystemExit(7)")
        _, traced = traces.run(program, status=7)
        plain = subprocess.run([sys.executable, "-c", program], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual((plain.returncode, plain.stdout), (7, traced))

    def test_the_environment_is_not_changed(self):
        _, out = traces.run("import os; print('PYTHONGLASSBOX' in os.environ)")
        self.assertEqual(out, "False\n")

    def test_an_unknown_key_ends_in_one_sentence(self):
        done = subprocess.run([sys.executable, "-X", "glassbox=t.gbx:colour=red", "-c", ""],
                              text=True, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown key", done.stderr)

    def test_a_file_that_cannot_be_made_ends_in_one_sentence(self):
        done = subprocess.run([sys.executable, "-X", "glassbox=no/such/folder/t.gbx", "-c", ""],
                              text=True, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot create", done.stderr)

    def test_subinterpreters_are_told_apart(self):
        trace, _ = traces.run(
            "import _interpreters, glassbox\ni = _interpreters.create()\n"
            "_interpreters.exec(i, 'import glassbox; glassbox.mark(\"inside\")')\n"
            "glassbox.mark('outside')\n_interpreters.destroy(i)")
        self.assertEqual(len(trace.named("thread.interp_new")), 2)
        order = [trace.strings[e.fields["name"]] if e.name == "mark.mark" else e.fields["interp"]
                 for e in trace.events if e.name in ("mark.mark", "stream.interp")]
        self.assertEqual(order[order.index("inside") - 1], 1)
        self.assertEqual(order[order.index("outside") - 1], 0)


if __name__ == "__main__":
    unittest.main()
