"""Reference counts under stress: eight threads share watched objects, and the books balance.

What the trace says is added up here from the records themselves, object by object, and compared with
what sys.getrefcount() finds when the threads have ended; the reader's own rules must hold as well.
"""

import collections
import json
import os
import subprocess
import unittest

import traces

GLASSBOX = os.environ.get("GLASSBOX")
THREADS = 8

PROGRAM = f"""
import gc, queue, sys, threading, weakref
from glassbox import mark, watch

class Thing: pass

def count(t, name):
    n = sys.getrefcount(t) - 1
    mark(name, n)

def juggle(k, shared, slots, start):
    # Take and drop references in every way, on all objects, beside all the others.
    start.wait()
    for i in range(250):
        kept = [t for t in shared]
        slots[(i + k) % len(slots)] = kept[i % len(kept)]
        pair = (slots[i % len(slots)],) * 5
        weak = weakref.ref(shared[(i * k) % len(shared)])
        again = weak()
        d = {{'a': again, 'b': pair}}
        del kept, pair, again
        if k == 0 and i % 100 == 99:
            gc.collect()

def give(k, gifts, start, taken):
    # Make objects, and leave the last reference to whoever takes them out; half of the givers stay.
    start.wait()
    for i in range(25):
        t = Thing()
        watch(t, f'gift {{k}} {{i}}')
        gifts.put([t])
        del t
    if k % 4 == 0: taken.wait()

def take(gifts, start, taken):
    start.wait()
    for i in range(25):
        gifts.get().clear()
    taken.wait()

def together(target, arguments):
    threads = [threading.Thread(target=target[i % len(target)], args=arguments(i)) for i in range({THREADS})]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def main():
    shared = [Thing() for _ in range(6)]
    for i, t in enumerate(shared):
        watch(t, f'shared {{i}}')
    t = None
    slots = [None] * 16
    start = threading.Barrier({THREADS})
    together([juggle], lambda i: (i, shared, slots, start))
    slots.clear()
    mark('quiet')
    for i, t in enumerate(shared):
        count(t, f'count shared {{i}}')
    gifts, start, taken = queue.SimpleQueue(), threading.Barrier({THREADS}), threading.Barrier({THREADS * 3 // 4})
    together([give, take], lambda i: (i, gifts, start, taken) if i % 2 == 0 else (gifts, start, taken))
    t = None
    shared.clear()

main()
gc.collect()
mark('end')
"""


def told(trace, last):
    """All that the other threads did, and what the first one did up to a mark: by then they have ended."""
    for thread, events in trace.threads.items():
        for event in events:
            if thread == 0 and event.name == "mark.mark" and trace.text(event) == last:
                break
            if event.name.startswith("ref.") and event.name != "ref.churn":
                yield trace.text(event), event


def balance(trace, last):
    """The counts of all watched objects, by name, as their records make them; and who died how often."""
    counts, deaths = collections.Counter(), collections.Counter()
    for name, event in told(trace, last):
        fields = event.fields
        if event.name == "ref.owner":
            counts[name] += fields["local"] + (fields["shared"] >> 2)
        elif event.name == "ref.dealloc":
            deaths[name] += 1
        elif event.name in ("ref.inc", "ref.dec", "ref.merge"):
            counts[name] += fields["delta"]
        elif event.name == "ref.set":
            raise AssertionError(f"the count of {name} is set: then it cannot be added up")
    return counts, deaths


@unittest.skipUnless(traces.FREE_THREADED, "cannot run here: eight threads at once need the free-threaded build")
class Stress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trace, cls.out = traces.run(PROGRAM, options="events=mark+ref+gc+thread", path="stress.gbx")

    def test_the_program_notices_nothing(self):
        self.assertEqual(self.out, "")

    def test_nothing_is_lost(self):
        self.assertEqual(self.trace.named("stream.lost"), [])
        touching = {event.thread for event in self.trace.events
                    if event.name in ("ref.inc", "ref.dec") and self.trace.text(event).startswith("shared")}
        self.assertGreaterEqual(len(touching), THREADS)

    def test_counts_are_what_the_interpreter_says(self):
        found = 0
        for event in self.trace.named("mark.mark"):
            name = self.trace.text(event)
            if name.startswith("count "):
                self.assertEqual(balance(self.trace, name)[0][name.removeprefix("count ")],
                                 event.fields["value"], name)
                found += 1
        self.assertEqual(found, 6)

    def test_everybody_dies_once_with_a_count_of_zero(self):
        counts, deaths = balance(self.trace, "end")
        names = {f"shared {i}" for i in range(6)}
        names |= {f"gift {k} {i}" for k in range(0, THREADS, 2) for i in range(25)}
        self.assertEqual(set(counts), names)
        self.assertEqual({name: n for name, n in counts.items() if n != 0}, {})
        self.assertEqual(deaths, dict.fromkeys(names, 1))

    def test_both_halves_and_the_queue_were_used(self):
        hows = {(event.name, self.trace.label(event, "how")) for event in self.trace.events
                if event.name.startswith("ref.")}
        self.assertLessEqual({("ref.inc", "local"), ("ref.inc", "shared"), ("ref.dec", "shared"),
                              ("ref.queue", "shared"), ("ref.merge", "queued")}, hows)

    @unittest.skipIf(GLASSBOX is None, "cannot run here: no program glassbox")
    def test_the_reader_s_rules_hold_and_nothing_is_unobserved(self):
        done = subprocess.run([GLASSBOX, "stat", "--json", "stress.gbx"], stdout=subprocess.PIPE, text=True)
        stat = json.loads(done.stdout)
        self.assertTrue(stat["sound"], [rule for rule in stat["invariants"] if rule["holds"] is False])
        (rule,) = [rule for rule in stat["invariants"] if rule["key"] == "references"]
        self.assertEqual((done.returncode, stat["lost"], rule["unobserved"]), (0, 0, 0))
        self.assertGreater(rule["checked"], 30000)

    @unittest.skipIf(GLASSBOX is None, "cannot run here: no program glassbox")
    def test_the_board_has_those_first_that_all_threads_use(self):
        done = subprocess.run([GLASSBOX, "refs", "--json", "stress.gbx"], stdout=subprocess.PIPE, text=True)
        objects = json.loads(done.stdout)["objects"]
        self.assertEqual({object["name"].split()[0] for object in objects[:6]}, {"shared"})
        for object in objects[:6]:
            mine = [event for event in self.trace.named("ref.inc", "ref.dec", "ref.merge")
                    if self.trace.text(event) == object["name"]]
            self.assertEqual(object["local"] + object["shared"], len(mine))
            self.assertEqual(object["threads"], len({event.thread for event in mine}))


@unittest.skipUnless(traces.FREE_THREADED, "cannot run here: eight threads at once need the free-threaded build")
class Again(unittest.TestCase):
    """The same a few times more: what threads do to each other differs every time."""

    def test_the_books_balance_every_time(self):
        for attempt in range(3):
            with self.subTest(attempt):
                trace, out = traces.run(PROGRAM, options="events=mark+ref:churn=yes", path="again.gbx")
                counts, deaths = balance(trace, "end")
                self.assertEqual(({name: n for name, n in counts.items() if n != 0}, out), ({}, ""))
                self.assertEqual(set(deaths.values()), {1})


if __name__ == "__main__":
    unittest.main()
