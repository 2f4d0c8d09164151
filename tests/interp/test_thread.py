"""Threads, interpreters and forks: who begins, who ends, and what each is called."""

import glob
import os
import unittest

import traces

# A thread that Python knows nothing of, as an extension module would start one.
FOREIGN = """
import ctypes, glassbox
libc = ctypes.CDLL(None)
@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def work(_):
    %s
    glassbox.mark('foreign')
    return None
thread = ctypes.c_ulong()
assert libc.pthread_create(ctypes.byref(thread), None, work, None) == 0
assert libc.pthread_join(thread, None) == 0
"""


def names(events):
    return [event.name for event in events]


class Threads(unittest.TestCase):
    def run_threads(self, body, options="events=thread+mark", **keys):
        trace, out = traces.run("import threading, _thread, time, glassbox\n" + body,
                                options=options, **keys)
        return trace, out

    def thread_of(self, trace, mark):
        return next(e.thread for e in trace.named("mark.mark") if trace.text(e) == mark)

    def test_the_main_thread_starts_first_and_exits_last(self):
        trace, _ = self.run_threads("glassbox.mark('m')")
        events = [e for e in trace.threads[0] if e.name.startswith(("thread.", "mark."))]
        order = names(events)
        self.assertEqual(order.index("thread.start"), order.index("thread.interp_new") + 1)
        self.assertLess(order.index("thread.start"), order.index("mark.mark"))
        self.assertEqual(order[-2:], ["thread.exit", "thread.interp_end"])

    def test_a_thread_is_bracketed_by_its_own_start_and_exit(self):
        trace, _ = self.run_threads("t = threading.Thread(target=glassbox.mark, args=('in',))\n"
                                    "t.start(); t.join()")
        events = trace.threads[self.thread_of(trace, "in")]
        self.assertEqual(names(events), ["thread.start", "mark.mark", "thread.exit"])
        for event in (events[0], events[-1]):
            self.assertEqual(event.fields["thread"], event.thread)
            self.assertEqual(event.fields["interp"], 0)

    def test_a_thread_that_raises_exits_all_the_same(self):
        trace, _ = self.run_threads("threading.excepthook = lambda *a: None\n"
                                    "def f(): glassbox.mark('in'); 1/0\n"
                                    "t = threading.Thread(target=f)\nt.start(); t.join()")
        events = trace.threads[self.thread_of(trace, "in")]
        self.assertEqual(names(events), ["thread.start", "mark.mark", "thread.exit"])

    def test_a_thread_without_a_thread_object(self):
        trace, _ = self.run_threads("lock = _thread.allocate_lock(); lock.acquire()\n"
                                    "def f(): glassbox.mark('in'); lock.release()\n"
                                    "_thread.start_new_thread(f, ()); lock.acquire(); time.sleep(.1)")
        thread = self.thread_of(trace, "in")
        self.assertEqual(names(trace.threads[thread]), ["thread.start", "mark.mark", "thread.exit"])
        self.assertEqual(trace.thread_names[thread], "")

    def test_a_daemon_that_outlives_the_program_has_no_exit(self):
        trace, _ = self.run_threads("def f(): glassbox.mark('in'); time.sleep(60)\n"
                                    "threading.Thread(target=f, daemon=True).start(); time.sleep(.1)")
        events = trace.threads[self.thread_of(trace, "in")]
        self.assertEqual(names(events), ["thread.start", "mark.mark"])

    def test_a_thread_that_c_code_made(self):
        trace, _ = traces.run(FOREIGN % "pass", options="events=thread+mark")
        events = trace.threads[self.thread_of(trace, "foreign")]
        self.assertEqual(names(events), ["thread.start", "mark.mark", "thread.exit"])

    def test_each_thread_has_its_own_stream(self):
        trace, _ = self.run_threads(
            "def f(n):\n for i in range(100): glassbox.mark(f't{n}', i)\n"
            "ts = [threading.Thread(target=f, args=(n,)) for n in range(8)]\n"
            "[t.start() for t in ts]; [t.join() for t in ts]")
        for n in range(8):
            owners = {e.thread for e in trace.named("mark.mark") if trace.text(e) == f"t{n}"}
            self.assertEqual(len(owners), 1)


class Names(unittest.TestCase):
    def name_in(self, body, mark="in", options="events=mark"):
        """What the thread that sets this mark is called in the trace."""
        trace, _ = traces.run("import threading, glassbox\n" + body, options=options)
        thread = next(e.thread for e in trace.named("mark.mark") if trace.text(e) == mark)
        return trace.thread_names[thread]

    def started(self, expression, before="", **keys):
        return self.name_in(f"def work(): glassbox.mark('in')\n{before}\nt = {expression}\n"
                            "t.start(); t.join()", **keys)

    def test_the_main_thread(self):
        self.assertEqual(self.name_in("glassbox.mark('in')"), "MainThread")

    def test_a_name_that_was_given(self):
        self.assertEqual(self.started("threading.Thread(target=work, name='pump')"), "pump")

    def test_a_name_that_threading_made_up(self):
        self.assertEqual(self.started("threading.Thread(target=work)"), "Thread-1 (work)")

    def test_a_name_given_before_the_start(self):
        self.assertEqual(self.started("threading.Thread(target=work); t.name = 'later'"), "later")

    def test_a_name_given_after_the_start_is_not_seen(self):
        self.assertEqual(self.name_in(
            "def work(): threading.current_thread().name = 'new'; glassbox.mark('in')\n"
            "t = threading.Thread(target=work, name='old'); t.start(); t.join()",
            options="events=mark+thread"), "old")

    def test_a_name_of_many_characters_is_cut_at_a_whole_one(self):
        self.assertEqual(self.started("threading.Thread(target=work, name='é' * 99)"), "é" * 31)

    def test_a_subclass(self):
        self.assertEqual(self.started("T(name='sub')", "class T(threading.Thread):\n"
                                      " def run(self): work()"), "sub")

    def test_a_thread_whose_dict_was_looked_at(self):
        self.assertEqual(self.started("threading.Thread(target=work, name='open'); vars(t)['x'] = 1"),
                         "open")

    @unittest.skipIf(traces.FREE_THREADED, "cannot run here: the free-threaded build does not look "
                     "into a dict, which another thread may be changing")
    def test_a_thread_that_has_outgrown_its_inline_values(self):
        self.assertEqual(self.started("threading.Thread(target=work, name='big'); "
                                      "[setattr(t, f'a{i}', i) for i in range(100)]"), "big")

    def test_a_pool(self):
        self.assertEqual(self.name_in(
            "from concurrent.futures import ThreadPoolExecutor as Pool\n"
            "with Pool(1, thread_name_prefix='pool') as p: p.submit(glassbox.mark, 'in')"), "pool_0")

    def test_a_thread_started_before_the_recording(self):
        import subprocess
        import sys
        subprocess.run([sys.executable, "-c", "import threading, glassbox\n"
                        "go = threading.Event()\n"
                        "def work(): go.wait(); glassbox.mark('in')\n"
                        "t = threading.Thread(target=work, name='early'); t.start()\n"
                        "glassbox.start('early.gbx', events='mark'); go.set(); t.join()"], check=True)
        trace = traces.Trace("early.gbx")
        (mark,) = trace.named("mark.mark")
        self.assertEqual(trace.thread_names[mark.thread], "early")

    def test_a_foreign_thread_has_the_name_that_the_system_knows(self):
        rename = "libc.prctl(15, b'pump-3', 0, 0, 0)"
        trace, _ = traces.run(FOREIGN % rename, options="events=mark")
        (mark,) = trace.named("mark.mark")
        self.assertEqual(trace.thread_names[mark.thread], "pump-3")

    def test_a_foreign_thread_without_a_name_of_its_own_has_none(self):
        trace, _ = traces.run(FOREIGN % "pass", options="events=mark")
        (mark,) = trace.named("mark.mark")
        self.assertEqual(trace.thread_names[mark.thread], "")

    def test_the_child_of_a_fork_keeps_the_name_of_the_thread_that_forked(self):
        for name in glob.glob("n.gbx*"):
            os.unlink(name)
        traces.run("import threading, os, glassbox\ndef work():\n pid = os.fork()\n"
                   " if pid == 0: glassbox.mark('child'); os._exit(0)\n os.waitpid(pid, 0)\n"
                   "t = threading.Thread(target=work, name='forker'); t.start(); t.join()",
                   path="n.gbx", options="events=mark+thread")
        found = [trace.thread_names[e.thread] for trace in map(traces.Trace, glob.glob("n.gbx*"))
                 for e in trace.named("mark.mark")]
        self.assertEqual(found, ["forker"])

    def test_naming_changes_nothing_that_the_program_executes(self):
        program = ("import threading, sys, dis\n"
                   "print(dis.Bytecode(threading.Thread._bootstrap_inner).dis())\n"
                   "t = threading.Thread(name='n')\nbefore = sys.getrefcount(t._name)\n"
                   "t.start(); t.join()\nprint(sys.getrefcount(t._name) - before, sorted(vars(t)))")
        import subprocess
        import sys
        off = subprocess.run([sys.executable, "-c", program], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
        _, on = traces.run(program)
        self.assertEqual(on, off)


class Interpreters(unittest.TestCase):
    def test_one_is_made_and_destroyed(self):
        trace, _ = traces.run("import glassbox, _interpreters\nglassbox.mark('a')\n"
                              "i = _interpreters.create()\n"
                              "_interpreters.exec(i, 'import glassbox; glassbox.mark(\"in\")')\n"
                              "_interpreters.destroy(i)\nglassbox.mark('b')",
                              options="events=thread+mark")
        events = trace.between_marks("a", "b")
        self.assertEqual([e.fields["interp"] for e in events
                          if e.name in ("thread.interp_new", "thread.interp_end")], [1, 1])
        order = names(events)
        self.assertLess(order.index("thread.interp_new"), order.index("mark.mark"))
        self.assertLess(order.index("mark.mark"), order.index("thread.interp_end"))

    def test_every_thread_state_of_one_thread_starts_and_exits(self):
        trace, _ = traces.run("import glassbox, _interpreters\nglassbox.mark('a')\n"
                              "i = _interpreters.create()\n_interpreters.exec(i, 'x = 1')\n"
                              "_interpreters.destroy(i)\nglassbox.mark('b')",
                              options="events=thread+mark")
        events = trace.between_marks("a", "b")
        started = [e.fields["interp"] for e in events if e.name == "thread.start"]
        exited = [e.fields["interp"] for e in events if e.name == "thread.exit"]
        self.assertEqual(sorted(started), sorted(exited))
        self.assertIn(1, started)

    def test_each_record_can_be_told_to_its_interpreter(self):
        trace, _ = traces.run("import glassbox, _interpreters\ni = _interpreters.create()\n"
                              "for _ in range(3):\n"
                              "    _interpreters.exec(i, 'import glassbox; glassbox.mark(\"in\")')\n"
                              "    glassbox.mark('out')\n_interpreters.destroy(i)",
                              options="events=thread+mark")
        interp, seen = 0, []
        for event in trace.threads[0]:
            if event.name == "stream.interp":
                interp = event.fields["interp"]
            elif event.name == "mark.mark":
                seen.append((trace.text(event), interp))
        self.assertEqual(seen, [("in", 1), ("out", 0)] * 3)

    def test_the_interpreter_of_the_program_is_the_first_and_the_last(self):
        trace, _ = traces.run("pass", options="events=thread")
        self.assertEqual([(e.name, e.fields["interp"]) for e in
                          trace.named("thread.interp_new", "thread.interp_end")],
                         [("thread.interp_new", 0), ("thread.interp_end", 0)])


class Forks(unittest.TestCase):
    def files(self, program):
        for name in glob.glob("f.gbx*"):
            os.unlink(name)
        trace, out = traces.run(program, path="f.gbx", options="events=thread+mark")
        children = {t.pid: t for t in map(traces.Trace, glob.glob("f.gbx.*"))}
        return trace, children, out

    def test_the_parent_names_the_child_after_it_was_made(self):
        trace, children, out = self.files(
            "import os, glassbox\nglassbox.mark('before')\npid = os.fork()\n"
            "if pid == 0: os._exit(0)\nos.waitpid(pid, 0); print(pid); glassbox.mark('after')")
        (fork,) = trace.named("thread.fork")
        self.assertEqual(fork.fields["pid"], int(out))
        order = names(trace.threads[0])
        self.assertEqual(order[order.index("mark.mark"):][:3],
                         ["mark.mark", "thread.fork", "mark.mark"])

    def test_the_child_goes_on_in_a_file_of_its_own(self):
        trace, children, out = self.files(
            "import os, glassbox\nglassbox.mark('before')\npid = os.fork()\n"
            "glassbox.mark('parent' if pid else 'child')\n"
            "if pid: os.waitpid(pid, 0); print(pid)")
        child = children[int(out)]
        self.assertEqual(child.parent_pid, trace.pid)
        self.assertEqual([child.text(e) for e in child.named("mark.mark")], ["child"])
        self.assertEqual(names(child.named("thread.fork", "thread.start")), [])
        self.assertEqual(names(child.threads[0])[-2:], ["thread.exit", "thread.interp_end"])

    def test_a_child_of_a_child(self):
        trace, children, out = self.files(
            "import os, glassbox\nif os.fork() == 0:\n if os.fork() == 0:\n  glassbox.mark('third')\n"
            "  os._exit(0)\n os.wait(); glassbox.mark('second'); os._exit(0)\n"
            "os.wait(); glassbox.mark('first')")
        marks = {t.text(e): t for t in [trace, *children.values()] for e in t.named("mark.mark")}
        self.assertEqual(marks["second"].parent_pid, marks["first"].pid)
        self.assertEqual(marks["third"].parent_pid, marks["second"].pid)
        for name in ("first", "second"):
            self.assertEqual(len(marks[name].named("thread.fork")), 1)

    def test_forkpty_is_a_fork(self):
        trace, children, out = self.files(
            "import os, glassbox\npid, fd = os.forkpty()\n"
            "if pid == 0: glassbox.mark('child'); os._exit(0)\nos.waitpid(pid, 0); print(pid)")
        self.assertEqual([e.fields["pid"] for e in trace.named("thread.fork")], [int(out)])
        self.assertIn(int(out), children)

    def test_a_child_that_only_executes_a_program_is_no_fork_of_the_interpreter(self):
        trace, children, _ = self.files("import subprocess\nsubprocess.run(['/bin/true'])")
        self.assertEqual((names(trace.named("thread.fork")), children), ([], {}))

    def test_the_other_threads_of_the_parent_are_not_in_the_child(self):
        trace, children, out = self.files(
            "import os, threading, glassbox, warnings\nwarnings.simplefilter('ignore')\n"
            "stop = threading.Event()\nt = threading.Thread(target=stop.wait); t.start()\n"
            "pid = os.fork()\nif pid == 0: glassbox.mark('child'); os._exit(0)\n"
            "os.waitpid(pid, 0); stop.set(); t.join(); print(pid)")
        self.assertEqual(len(children[int(out)].threads), 1)
        self.assertEqual(len(trace.threads), 2)


if __name__ == "__main__":
    unittest.main()
