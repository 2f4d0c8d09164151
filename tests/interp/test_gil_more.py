"""The lock where it is less usual: threads that the interpreter did not start, threads that end without it,
and the build without it.
"""

import collections
import json
import os
import subprocess
import sys
import textwrap
import unittest

import traces
from locks import HEAD, Sound, build_foreign, ft_only, gil_only, lanes, record


class Foreign(Sound):
    """An extension module whose own threads call PyGILState_Ensure()."""

    def test_threads_of_others_take_the_lock_and_let_go_of_it(self):
        build_foreign()
        trace, _ = record("""
            sys.path.insert(0, '.')
            import foreign
            sys.setswitchinterval(1e-4)
            calls = []
            foreign.run(lambda: (calls.append(1), count(2000)), 6, 50)
            assert len(calls) == 300, len(calls)
            """)
        self.check(trace)
        others = {t: events for t, events in lanes(trace).items()
                  if len([e for e in events if e.name == "gil.acquire"]) >= 50 and t != 0}
        self.assertEqual(len(others), 6)
        for events in others.values():
            why = collections.Counter(trace.label(e, "why") for e in events if e.name == "gil.release")
            self.assertEqual(why["exit"], 50)              # each Ensure makes a thread state of its own
            self.assertEqual(events[-1].name, "gil.release")

    def test_who_lets_go_for_others_is_named(self):
        build_foreign()
        trace, _ = record("""
            sys.path.insert(0, '.')
            import foreign
            glassbox.mark('a'); foreign.run(lambda: None, 1, 1); glassbox.mark('b')
            """)
        self.check(trace)
        releases = [e for e in trace.between_marks("a", "b") if e.name == "gil.release"]
        self.assertTrue(releases)
        self.assertEqual(trace.label(releases[0], "why"), "blocking")
        self.assertNotEqual(releases[0].fields["by"], 0)


    def test_the_older_functions_are_named(self):
        build_foreign()
        trace, _ = record("""
            sys.path.insert(0, '.')
            import foreign
            for how in ('lock', 'thread', 'swap', 'ensure'):
                glassbox.mark(how); foreign.older(how)
            glassbox.mark('end')
            """)
        self.check(trace)
        found = []
        for event in trace.threads[0]:
            if event.name == "mark.mark":
                found.append([])
            elif event.name == "gil.release" and found:
                self.assertNotEqual(event.fields["by"], 0)
                found[-1].append(trace.label(event, "why"))
        self.assertEqual(found[:4], [["blocking"], ["blocking"], ["detach"], ["blocking", "blocking"]])

    def test_a_function_in_a_library_is_resolved(self):
        """The recorder notes which file the address lies in, and the runner reads that file."""
        build_foreign("-g")
        trace, _ = record("""
            sys.path.insert(0, '.')
            import foreign
            foreign.run(lambda: time.sleep(0.001), 1, 3)
            """)
        self.check(trace)
        done = subprocess.run([os.environ["GLASSBOX"], "gil", "--json", "t.gbx"], text=True, check=True,
                              stdout=subprocess.PIPE)
        functions = {f["function"]: f for f in json.loads(done.stdout)["functions"]}
        self.assertIn("run", functions)
        self.assertEqual(functions["run"]["times"], 1)
        self.assertEqual(functions["pysleep"]["times"], 3)


class Ending(Sound):
    """Daemon threads, as the interpreter ends."""

    BODY = textwrap.dedent("""
            sys.setswitchinterval(1e-4)
            def forever():
                while True:
                    time.sleep(0.00005)
                    count(200)
            for _ in range(8):
                threading.Thread(target=forever, daemon=True).start()
            time.sleep(0.05)
            """)

    @gil_only
    def test_a_thread_that_is_to_end_gives_up(self):
        ways = collections.Counter()
        for _ in range(30):
            trace, _ = record(self.BODY)
            self.check(trace)
            for events in lanes(trace).values():
                names = [e.name for e in events]
                if names[-1:] == ["gil.give_up"]:
                    self.assertEqual(trace.label(events[-1], "why"), "finalizing")
                    ways["asked" if names[-2] in ("gil.request", "gil.timeout", "gil.drop_request")
                         else "at once"] += 1
                elif (names[-2:] == ["gil.acquire", "gil.release"]
                      and trace.label(events[-1], "why") == "exit"):
                    ways["with the lock"] += 1             # it got it, and let go of it at once
            if len(ways) == 3:
                break
        self.assertIn("at once", ways)
        self.assertTrue(set(ways) & {"asked", "with the lock"}, ways)


class Waiting(Sound):
    """The parking lot, raw mutexes."""

    def test_who_waits_for_a_threading_lock_parks_and_is_woken(self):
        trace, _ = record("""
            lock = threading.Lock(); lock.acquire()
            def waits():
                lock.acquire()
                lock.release()
            thread = threading.Thread(target=waits, name='waiter'); thread.start()
            time.sleep(0.02)
            lock.release()
            thread.join()
            """)
        self.check(trace)
        waiter = next(t for t, name in trace.thread_names.items() if name == "waiter")
        events = trace.threads[waiter]
        parks = [e for e in events if e.name == "gil.park"]
        wakes = [e for e in events if e.name == "gil.wake"]
        self.assertTrue(parks)
        self.assertEqual(len(parks), len(wakes))
        park = next(p for p in parks if p.fields["address"] in
                    {e.fields["address"] for e in trace.threads[0] if e.name == "gil.unpark"})
        wake = next(w for w in wakes if w.fields["address"] == park.fields["address"])
        self.assertEqual(trace.label(wake, "how"), "woken")
        self.assertNotEqual(park.fields["by"], 0)

    def test_a_wait_may_end_by_itself(self):
        trace, _ = record("""
            lock = threading.Lock(); lock.acquire()
            glassbox.mark('a'); lock.acquire(timeout=0.01); glassbox.mark('b')
            """)
        self.check(trace)
        wakes = [e for e in trace.between_marks("a", "b") if e.name == "gil.wake"]
        self.assertEqual([trace.label(e, "how") for e in wakes], ["timeout"])

    def test_who_is_interrupted_waits_again(self):
        trace, _ = record("""
            import signal
            signal.signal(signal.SIGALRM, lambda *args: None)
            lock = threading.Lock(); lock.acquire()
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            glassbox.mark('a'); lock.acquire(timeout=0.05); glassbox.mark('b')
            """)
        self.check(trace)
        wakes = [e for e in trace.between_marks("a", "b") if e.name == "gil.wake"]
        self.assertEqual([trace.label(e, "how") for e in wakes], ["interrupted", "timeout"])


    def test_an_event_wakes_all_who_wait(self):
        """The end of a thread is an event of the interpreter's own; here two wait for it."""
        trace, _ = record("""
            late = threading.Thread(target=time.sleep, args=(0.05,), name='late')
            late.start()
            all_of(late.join, 2)
            """)
        self.check(trace)
        late = next(t for t, name in trace.thread_names.items() if name == "late")
        woken = [e for e in trace.threads[late] if e.name == "gil.unpark"]
        self.assertEqual(woken[-1].fields["threads"], 2)
        parks = [e for e in trace.named("gil.park") if e.fields["address"] == woken[-1].fields["address"]]
        self.assertEqual(len({e.thread for e in parks}), 2)

    @ft_only
    def test_a_raw_mutex_that_is_held(self):
        """Threads that all wait for one lock, shortly, are in each other's way in the parking lot itself."""
        for _ in range(20):
            trace, _ = traces.run(HEAD + textwrap.dedent("""
            lock = threading.Lock(); lock.acquire()
            def tries():
                end = time.monotonic() + 0.3
                while time.monotonic() < end:
                    lock.acquire(timeout=1e-6)
            all_of(tries, 8)
            """), options="events=gil+mark+thread")
            parks = [e for e in trace.named("gil.park") if trace.label(e, "on") == "semaphore"]
            if parks:
                break
        self.check(trace)
        self.assertTrue(parks)
        wakes = [e for e in trace.named("gil.wake") if trace.label(e, "on") == "semaphore"]
        self.assertEqual(len(parks), len(wakes))
        unparks = [e for e in trace.named("gil.unpark") if trace.label(e, "on") == "semaphore"]
        self.assertGreaterEqual(len(unparks), 1)


@ft_only
class Free(Sound):
    """Without the lock."""

    def free(self, body, **keys):
        trace, out = traces.run(HEAD + textwrap.dedent(body), options="events=gil+mark+thread", **keys)
        self.check(trace)
        return trace

    def test_there_is_no_event_of_a_lock_that_is_off(self):
        trace = self.free("glassbox.mark('a')\nall_of(busy, 4, 0.1)\nglassbox.mark('b')\n")
        of_lock = ("gil.request", "gil.acquire", "gil.release", "gil.drop_request")
        self.assertEqual([e for e in trace.between_marks("a", "b") if e.name in of_lock], [])
        self.assertEqual([e for e in trace.named(*of_lock) if e.thread != 0], [])
        made = trace.named("gil.create")
        self.assertEqual([(e.fields["own"], e.fields["enabled"]) for e in made], [(1, 0)])

    def test_threads_attach_and_detach(self):
        trace = self.free("""
            glassbox.mark('a'); time.sleep(0.001); glassbox.mark('b')
            all_of(count, 3, 10)
            """)
        inside = [e for e in trace.between_marks("a", "b") if e.name.startswith("gil.")]
        self.assertEqual([e.name for e in inside], ["gil.detach", "gil.attach"])
        self.assertEqual(trace.label(inside[0], "why"), "blocking")
        self.assertEqual(trace.code(inside[0]), "<module>")
        self.assertNotEqual(inside[0].fields["by"], 0)
        for thread, name in trace.thread_names.items():
            if name.startswith("t"):
                events = [e for e in lanes(trace)[thread] if e.name in ("gil.attach", "gil.detach")]
                self.assertEqual((events[0].name, events[-1].name), ("gil.attach", "gil.detach"))
                self.assertEqual(trace.label(events[-1], "why"), "exit")

    def test_the_stopped_world_makes_threads_wait_to_attach(self):
        trace = self.free("""
            import gc
            stop = False
            def spin():
                while not stop:
                    count(100)
            threads = [threading.Thread(target=spin, name=f't{i}') for i in range(3)]
            for thread in threads: thread.start()
            for _ in range(20): gc.collect()
            stop = True
            for thread in threads: thread.join()
            """)
        self.assertTrue(trace.named("gc.world_stop"))
        self.assertEqual(len(trace.named("gc.world_stop")), len(trace.named("gc.world_started")))
        stopped = [e for e in trace.named("gil.detach") if trace.label(e, "why") == "stop"]
        self.assertTrue(stopped)
        for event in stopped:
            events = lanes(trace)[event.thread]
            after = events[events.index(event) + 1:]
            attach = next(e for e in after if e.name == "gil.attach")
            self.assertGreater(attach.fields["wait"], 0)
        seen = [e for e in trace.named("gil.breaker_seen") if e.fields["bits"] & 0x20]
        self.assertGreaterEqual(len(seen), len(stopped))

    def test_a_list_that_threads_share_is_a_contended_section(self):
        trace = self.free("""
            shared, end = [], time.monotonic() + 0.5     # on one core, too, somebody is stopped in a section
            def fill():
                while time.monotonic() < end:
                    for i in range(1000):
                        shared.append(i)
                    shared.clear()
            all_of(fill, 4)
            """)
        contended, begun = trace.named("gil.section_contended"), trace.named("gil.section_begin")
        self.assertTrue(contended)
        self.assertEqual(len(contended), len(begun))
        self.assertIn("fill", {trace.code(e) for e in contended})
        self.assertTrue(all(e.fields["by"] for e in contended))
        for events in trace.threads.values():
            open_one = None
            for event in events:
                if event.name == "gil.section_contended":
                    self.assertIsNone(open_one)
                    open_one = event.fields["address"]
                elif event.name == "gil.section_begin":
                    self.assertEqual(event.fields["address"], open_one)
                    open_one = None

    def test_a_section_is_suspended_when_its_thread_detaches(self):
        trace = self.free("""
            class Slow:
                def __init__(self, n): self.n = n
                def __lt__(self, other):
                    time.sleep(0.0001)
                    return self.n < other.n
            items = [Slow(n) for n in (3, 1, 2)]
            glassbox.mark('a'); items.sort(); glassbox.mark('b')
            """)
        inside = [e.name for e in trace.between_marks("a", "b") if e.name.startswith("gil.")]
        self.assertIn("gil.section_suspend", inside)
        self.assertEqual(inside.count("gil.section_suspend"), inside.count("gil.section_resume"))
        at = inside.index("gil.section_suspend")
        self.assertEqual(inside[at - 1:at + 3], ["gil.detach", "gil.section_suspend", "gil.attach",
                                                 "gil.section_resume"])

    def test_an_extension_that_needs_the_lock_switches_it_on(self):
        build_foreign()
        trace = self.free("""
            sys.path.insert(0, '.')
            import warnings; warnings.simplefilter('ignore')
            glassbox.mark('a'); import foreign; glassbox.mark('b')
            all_of(busy, 3, 0.05)
            """)
        on = trace.named("gil.enable")
        self.assertEqual([trace.label(e, "how") for e in on][-2:], ["transient", "permanent"])
        self.assertEqual(trace.text(on[-1]), "foreign")
        self.assertTrue(trace.named("gil.drop_request"))

    def test_an_extension_that_does_not_need_it_switches_it_off_again(self):
        build_foreign("-DWITHOUT_GIL")
        trace = self.free("""
            sys.path.insert(0, '.')
            glassbox.mark('a'); import foreign; glassbox.mark('b')
            foreign.run(lambda: None, 2, 5)
            """)
        inside = [e for e in trace.between_marks("a", "b") if e.name.startswith("gil.")]
        names = [e.name for e in inside]
        self.assertIn("gil.enable", names)
        self.assertIn("gil.disable", names[names.index("gil.enable"):])
        released = [e for e in inside if e.name == "gil.release" and trace.label(e, "why") == "disable"]
        self.assertTrue(released)

    def test_who_waits_for_a_lock_that_is_switched_off_gives_up(self):
        """A module that takes its time to say that it does not need the lock: others wait for it."""
        build_foreign("-DWITHOUT_GIL", "-DSLOWLY")
        trace = self.free("""
            sys.path.insert(0, '.')
            stop = False
            def naps():
                while not stop:
                    time.sleep(0.001)
            threads = [threading.Thread(target=naps) for _ in range(3)]
            for thread in threads: thread.start()
            import foreign
            stop = True
            for thread in threads: thread.join()
            """)
        gave_up = [e for e in trace.named("gil.give_up") if trace.label(e, "why") == "disabled"]
        self.assertTrue(gave_up)
        for event in gave_up:
            events = lanes(trace)[event.thread]
            after = events[events.index(event) + 1]
            self.assertEqual(after.name, "gil.attach")

    def test_the_lock_on_as_a_choice(self):
        done = subprocess.run([sys.executable, "-X", "gil=1", "-X", "glassbox=on.gbx:events=gil", "-c",
                               HEAD + "all_of(busy, 3, 0.05)"], check=True)
        self.assertEqual(done.returncode, 0)
        trace = traces.Trace("on.gbx")
        self.check(trace, "on.gbx")
        self.assertEqual([e.fields["enabled"] for e in trace.named("gil.create")], [1])
        self.assertTrue(trace.named("gil.acquire"))
        for events in lanes(trace).values():
            for before, event in zip(events, events[1:]):
                if event.name == "gil.release" and trace.label(event, "why") != "exit":
                    # One act; what lies between is the end of a critical section.
                    self.assertIn(before.name, ("gil.detach", "gil.section_suspend", "gil.unpark"))


if __name__ == "__main__":
    unittest.main()
