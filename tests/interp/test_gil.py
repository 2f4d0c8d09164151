"""The lock: who asks for it, who has it, why it is let go, and what that cost.

Each recording passes the machine in locks.py, which knows the order of a thread's events, and the runner's
invariants (glassbox stat).  Threads of others, the ends of threads, and the build without the lock are in
test_gil_more.py; the kernel as a witness in test_gil_witness.py.
"""

import collections
import os
import subprocess
import sys
import textwrap
import unittest

import traces
from locks import BEFORE, HEAD, LOCKED, Sound, gil_only, invariants, lanes, record


class Handing(Sound):
    """One hand-off, link by link."""

    @gil_only
    def test_the_whole_chain(self):
        trace, _ = record("""
            sys.setswitchinterval(0.002)
            glassbox.mark('begin')
            all_of(count, 2, 3_000_000)
            glassbox.mark('end')
            """)
        self.check(trace)
        names = collections.Counter(e.name for e in trace.events)
        for name in ("gil.request", "gil.timeout", "gil.drop_request", "gil.breaker_seen", "gil.release",
                     "gil.acquire"):
            self.assertGreater(names[name], 3, name)
        asked = [e for e in trace.named("gil.release") if trace.label(e, "why") == "asked"]
        self.assertTrue(asked)
        for event in asked:
            self.assertEqual(trace.code(event), "count")
            self.assertIn(trace.line(event.fields["code"], event.fields["offset"]), range(8, 12))
            self.assertTrue(event.fields["bits"] & 1)
        for event in trace.named("gil.timeout")[5:]:
            self.assertIn(event.fields["interval_us"], (2000, 5000))

    def test_who_lets_go_waits_until_another_has_the_lock(self):
        trace, _ = record("sys.setswitchinterval(1e-4)\nall_of(busy, 8, 0.3)\n")
        self.check(trace)
        self.assertTrue(trace.named("gil.forced_switch"))
        for events in lanes(trace).values():
            for before, event in zip(events, events[1:]):
                if event.name == "gil.forced_switch":
                    self.assertTrue(before.fields["bits"] & 1)
                    self.assertGreater(event.fields["wait"], 0)

    @gil_only
    def test_the_request_says_whom_it_asks_and_the_asked_one_sees_it(self):
        trace, _ = record("sys.setswitchinterval(0.002)\nall_of(count, 2, 3_000_000)\n")
        self.check(trace)
        workers = {t for t, name in trace.thread_names.items() if name.startswith("t")}
        asked = {e.fields["holder"] for e in trace.named("gil.drop_request") if e.thread in workers}
        self.assertTrue(asked & workers)
        for thread in workers:
            events = lanes(trace)[thread]
            for before, event in zip(events, events[1:]):
                if event.name == "gil.release" and trace.label(event, "why") == "asked":
                    self.assertEqual(before.name, "gil.breaker_seen")
                    self.assertTrue(before.fields["bits"] & 1)
                    self.assertEqual(before.fields["code"], event.fields["code"])

    @gil_only
    def test_an_acquisition_says_from_whom(self):
        trace, _ = record("sys.setswitchinterval(0.001)\nall_of(busy, 3, 0.1)\n")
        self.check(trace)
        takes = sorted((e for e in trace.named("gil.acquire", "gil.held")),
                       key=lambda e: e.fields["switches"])
        by_count = collections.defaultdict(set)
        for event in takes:
            by_count[event.fields["switches"]].add(event.thread)
        for count, threads in by_count.items():
            self.assertEqual(len(threads), 1, count)      # between two switches one thread has it
        for event in takes[1:]:
            before = by_count.get(event.fields["switches"] - 1)
            if before and event.fields["from"] != event.thread:
                self.assertEqual({event.fields["from"]}, before)

    @gil_only
    def test_a_blocking_call_is_named(self):
        trace, _ = record("""
            r, w = os.pipe()
            threading.Timer(0.05, os.write, (w, b'x')).start()
            glassbox.mark('a'); os.read(r, 1); glassbox.mark('b')
            glassbox.mark('c'); time.sleep(0.001); glassbox.mark('d')
            lock = threading.Lock(); lock.acquire()
            glassbox.mark('e'); lock.acquire(timeout=0.01); glassbox.mark('f')
            """)
        self.check(trace)
        for first, last, line, why in (("a", "b", 4, "blocking"), ("c", "d", 5, "blocking"),
                                       ("e", "f", 7, "park")):
            releases = [e for e in trace.between_marks(first, last) if e.name == "gil.release"]
            self.assertEqual(len(releases), 1, first)
            event = releases[0]
            self.assertEqual(trace.label(event, "why"), why)
            self.assertNotEqual(event.fields["by"], 0)
            self.assertEqual(trace.code(event), "<module>")
            self.assertEqual(trace.line(event.fields["code"], event.fields["offset"]), BEFORE + line)

    @gil_only
    def test_a_blocking_release_may_carry_the_request(self):
        """The reason comes from the caller, not from the bit."""
        trace, _ = record("""
            sys.setswitchinterval(1e-4)
            data = bytes(10_000_000)
            def c_code_alone():
                any(map(time.sleep, map(data.count, [b'x'] * 30)))   # looks for a byte, holding the lock; then sleeps
            all_of(c_code_alone, 3)
            """)
        self.check(trace)
        carried = [e for e in trace.named("gil.release") if trace.label(e, "why") == "blocking"
                   and e.fields["bits"] & 1]
        self.assertTrue(carried)

    @gil_only
    def test_a_thread_ends(self):
        trace, _ = record("all_of(count, 3, 10)\n")
        self.check(trace)
        last = [[e for e in events if e.name in ("gil.release", "gil.acquire", "gil.request")][-1]
                for thread, events in lanes(trace).items() if trace.thread_names[thread].startswith("t")]
        self.assertEqual(len(last), 3)
        for event in last:
            self.assertEqual((event.name, trace.label(event, "why")), ("gil.release", "exit"))

    @gil_only
    def test_a_recording_that_begins_in_mid_run_knows_who_holds_the_lock(self):
        program = HEAD + textwrap.dedent("""
            stop = threading.Event()
            def waits():
                stop.wait()
                count(100)
            threads = [threading.Thread(target=waits) for _ in range(2)]
            for thread in threads: thread.start()
            time.sleep(0.05)
            glassbox.start('mid.gbx:events=gil+mark')
            time.sleep(0.01)
            stop.set()
            for thread in threads: thread.join()
            glassbox.stop()
            """)
        subprocess.run([sys.executable, *LOCKED, "-c", program], check=True)
        trace = traces.Trace("mid.gbx")
        self.check(trace, "mid.gbx")
        self.assertEqual([e.name for e in trace.threads[min(trace.threads)]][:2],
                         ["gil.held", "gil.release"])


class Trying(Sound):
    """The invariants, where they are hard to keep."""

    def test_eight_busy_threads(self):
        trace, _ = record("all_of(busy, 8, 0.3)\n")
        self.check(trace)
        self.assertGreater(len(trace.named("gil.acquire")), 50)
        self.assertGreater(invariants()["switches"]["checked"], 50)

    def test_threads_that_compute_and_threads_that_wait(self):
        trace, _ = record("""
            stop = False
            def io():
                r, w = os.pipe()
                while not stop:
                    os.write(w, b'x'); os.read(r, 1); time.sleep(0.0005)
            ios = [threading.Thread(target=io) for _ in range(4)]
            for thread in ios: thread.start()
            all_of(busy, 3, 0.3)
            stop = True
            for thread in ios: thread.join()
            """)
        self.check(trace)
        why = collections.Counter(trace.label(e, "why") for e in trace.named("gil.release"))
        self.assertGreater(why["blocking"], 20)

    def test_switch_intervals(self):
        for interval in (1e-6, 1e-4, 5e-3, 0.05, 0.5):
            with self.subTest(interval=interval):
                trace, _ = record(f"sys.setswitchinterval({interval})\nall_of(busy, 4, 0.2)\n")
                self.check(trace)
                for event in trace.named("gil.timeout"):
                    self.assertIn(event.fields["interval_us"], (round(interval * 1e6), 5000))

    def test_threads_that_end_while_others_wait(self):
        trace, _ = record("""
            sys.setswitchinterval(1e-4)
            def short():
                busy(0.002)
            for _ in range(30):
                all_of(short, 5)
            """)
        self.check(trace)
        self.assertGreaterEqual(len(trace.threads), 100)

    def test_daemon_threads_at_the_end(self):
        for _ in range(5):
            trace, _ = record("""
            sys.setswitchinterval(1e-4)
            def forever():
                while True:
                    time.sleep(0.0001)
                    count(50)
            for _ in range(6):
                threading.Thread(target=forever, daemon=True).start()
            time.sleep(0.1)
            """)
            self.check(trace)

    def test_fork_with_a_held_lock(self):
        trace, _ = record("""
            sys.setswitchinterval(1e-4)
            stop = False
            def spin():
                while not stop:
                    count(1000)
            threads = [threading.Thread(target=spin) for _ in range(3)]
            for thread in threads: thread.start()
            import warnings; warnings.simplefilter('ignore')
            for _ in range(3):
                pid = os.fork()
                if pid == 0:
                    all_of(count, 2, 200_000)
                    sys.exit(0)
                os.waitpid(pid, 0)
            stop = True
            for thread in threads: thread.join()
            """)
        self.check(trace)
        children = [name for name in os.listdir(".") if name.startswith("t.gbx.")]
        self.assertEqual(len(children), 3)
        for name in children:
            child = traces.Trace(name)
            self.check(child, name)
            first = [e for e in child.events if e.name.startswith("gil.")][0]
            self.assertEqual(first.name, "gil.held")

    def test_signals_and_pending_calls(self):
        trace, _ = record("""
            import signal
            hits = 0
            def handler(*args):
                global hits
                hits += 1
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
            all_of(busy, 2, 0.2)
            busy(0.05)
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(hits)
            """)
        self.check(trace)
        seen = [e for e in trace.named("gil.breaker_seen") if e.fields["bits"] & 2]
        self.assertTrue(seen)


class Interpreters(Sound):
    """A lock of one's own, and a shared one."""

    BODY = textwrap.dedent("""
            import _interpreters
            def run(config):
                interp = _interpreters.create(config)
                _interpreters.run_string(interp, 'n = 300000\\nwhile n: n -= 1\\nimport time; time.sleep(0.001)')
                _interpreters.destroy(interp)
            """)

    def test_own_locks(self):
        trace, _ = record(self.BODY + "all_of(run, 3, 'isolated')\n")
        self.check(trace)
        made = [e for e in trace.named("gil.create") if e.fields["interp"] != 0]
        self.assertEqual([e.fields["own"] for e in made], [1, 1, 1])
        self.assertTrue(all(e.fields["lock"] == e.fields["interp"] for e in made))
        self.assertEqual({e.fields["lock"] for e in trace.named("gil.destroy")},
                         {0} | {e.fields["lock"] for e in made})
        for event in made:
            self.assertTrue([e for e in trace.named("gil.acquire")
                             if e.fields["lock"] == event.fields["lock"]])

    def test_a_shared_lock(self):
        trace, _ = record(self.BODY + "all_of(run, 3, 'legacy')\n")
        self.check(trace)
        made = [e for e in trace.named("gil.create") if e.fields["interp"] != 0]
        self.assertEqual([(e.fields["own"], e.fields["lock"]) for e in made], [(0, 0)] * 3)
        self.assertEqual([e.fields["lock"] for e in trace.named("gil.destroy")], [0])
        self.assertTrue([e for e in trace.named("gil.acquire") if e.fields["interp"] != 0
                         and e.fields["lock"] == 0])


if __name__ == "__main__":
    unittest.main()
