"""What `glassbox export` writes, read by Perfetto's own trace processor and compared with what Glassbox says.

    scripts/packages perfetto gil
    scripts/run-interp gil tests/proofs/test_perfetto.py

The processor answers in SQL (tests/lib/trace_processor.py).  Each answer is held against `glassbox gil
--json` and `glassbox show --json` of the same recording, to the nanosecond: threads and their names, the
lock's holds, waits and from whom they got it, hand-offs, time outside by function, frames, marks, spans.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(os.environ["GLASSBOX_ROOT"])
GLASSBOX = os.environ["GLASSBOX"]
sys.path[:0] = [str(ROOT / "tests" / "lib"), str(ROOT / "tests" / "interp")]


def packages():
    """The set of packages, or the reason why there is none: without a network it cannot be had."""
    done = subprocess.run([ROOT / "scripts" / "packages", "perfetto", "gil"], text=True, capture_output=True)
    if done.returncode != 0:
        if "see that there is a network" in done.stderr:
            raise unittest.SkipTest(f"cannot run here: {done.stderr.strip().splitlines()[-1]}")
        raise AssertionError(done.stderr)
    return next((ROOT / "build" / "packages" / "perfetto-gil").glob("lib/python*/site-packages"))


MISSING = ""
try:
    sys.path.append(str(packages()))
    from trace_processor import Failed, TraceProcessor
except unittest.SkipTest as reason:
    MISSING = str(reason)

EIGHT = '''
import glassbox, sys, threading, time
def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
def busy(until, number):
    glassbox.mark("go", number)
    with glassbox.span("busy"):
        while time.monotonic() < until:
            work(2000)
sys.setswitchinterval(0.001)
until = time.monotonic() + 0.3
threads = [threading.Thread(target=busy, args=(until, i), name=f"t{i}") for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
time.sleep(0.005)
'''

SLICES = """
SELECT s.id, s.ts, s.dur, s.name, s.category, s.depth, s.parent_id, t.name AS thread, p.pid,
    EXTRACT_ARG(s.arg_set_id, 'args.thread') AS holder, EXTRACT_ARG(s.arg_set_id, 'args.why') AS why,
    EXTRACT_ARG(s.arg_set_id, 'args.place') AS place, EXTRACT_ARG(s.arg_set_id, 'args.from') AS from_thread,
    EXTRACT_ARG(s.arg_set_id, 'args.from_why') AS from_why, EXTRACT_ARG(s.arg_set_id, 'args.value') AS value,
    EXTRACT_ARG(s.arg_set_id, 'args.from_place') AS from_place
FROM slice s JOIN thread_track k ON s.track_id = k.id JOIN thread t USING (utid) JOIN process p USING (upid)
ORDER BY s.ts, s.id"""
ERRORS = "SELECT name, value FROM stats WHERE severity IN ('error', 'data_loss') AND value != 0"


def glassbox(*arguments):
    return subprocess.run([GLASSBOX, *arguments], text=True, capture_output=True, check=True, timeout=120).stdout


def shown(path, classes):
    return [json.loads(line) for line in glassbox("show", "--json", "-e", classes, path).splitlines()]


class Recorded(unittest.TestCase):
    """A recording of PROGRAM, exported, as the processor has it."""

    VARIANT = "gil"
    EVENTS = "frame+gil+mark+thread"
    PROGRAM = EIGHT

    @classmethod
    def setUpClass(cls):
        if MISSING:
            raise unittest.SkipTest(MISSING)
        stem = cls.__name__
        cls.gbx, exported = f"{stem}.gbx", f"{stem}.json"
        pathlib.Path(f"{stem}.py").write_text(cls.PROGRAM)
        python = ROOT / "cpython" / "build" / cls.VARIANT / "python"
        subprocess.run([python, "-X", f"glassbox={cls.gbx}:events={cls.EVENTS}", f"{stem}.py"], check=True,
                       timeout=120)
        glassbox("export", "--perfetto", exported, "-q", cls.gbx)
        with TraceProcessor(exported) as trace:
            cls.errors = trace.rows(ERRORS)
            cls.stats = trace.rows("SELECT COUNT(*) AS n FROM stats")[0]["n"]
            cls.slices = trace.rows(SLICES)
            cls.threads = trace.rows("SELECT tid, t.name, pid, p.name AS program FROM thread t "
                                     "JOIN process p USING (upid) WHERE pid != 0 ORDER BY tid")
            cls.flows = trace.rows("SELECT slice_out, slice_in FROM flow")
            cls.spans = trace.rows("SELECT s.ts, s.dur, s.name, EXTRACT_ARG(s.arg_set_id, 'args.thread') AS thread "
                                   "FROM slice s JOIN process_track k ON s.track_id = k.id")
        cls.story = json.loads(glassbox("gil", "--json", "-n", "100000", cls.gbx))

    def named(self, name):
        return [s for s in self.slices if s["name"] == name]

    def of_lock(self, lock=0):
        return [s for s in self.slices if (s["thread"] or "").startswith(f"lock {lock} (")]

    def told_of(self, one):
        """The time of a slice that the story knows: it ends with the last event of the lock, not with the trace."""
        return max(0, min(one["ts"] + one["dur"], self.story["end_ns"]) - one["ts"])

    def check_times(self, lane, wanted):
        """The sum of WANTED (a slice -> a thread's name or None) is what the story says of that lane."""
        sums = collections.Counter()
        for one in self.slices:
            if (name := wanted(one)) is not None:
                sums[name] += self.told_of(one)
        self.assertEqual({t["name"]: sums[t["name"]] for t in self.story["threads"]},
                         {t["name"]: t[f"{lane}_ns"] for t in self.story["threads"]})
        self.assertGreater(sum(sums.values()), 0)

    def check_clean(self):
        self.assertGreater(self.stats, 100)      # the table is there
        self.assertEqual(self.errors, [])


class Eight(Recorded):
    def test_the_processor_has_no_error_to_tell_of(self):
        self.check_clean()

    def test_threads_and_the_lock_are_tracks_with_their_names(self):
        told = {t["name"] for t in self.story["threads"]}
        self.assertEqual(told, {"MainThread"} | {f"t{i}" for i in range(8)})
        self.assertEqual({t["name"] for t in self.threads}, told | {"lock 0 (main interpreter)"})
        self.assertEqual({t["program"] for t in self.threads}, {"Eight.py"})
        self.assertEqual(self.threads[0]["name"], "lock 0 (main interpreter)")     # viewers sort by the id

    def test_holds_are_those_of_the_events(self):
        name = {t["thread"]: t["name"] for t in self.story["threads"]}
        told, since = [], {}
        for event in shown(self.gbx, "gil"):
            if event["event"] in ("gil.acquire", "gil.held"):
                since[event["thread"]] = event["t_ns"]
            elif event["event"] == "gil.release" and (begin := since.pop(event["thread"], None)) is not None:
                if event["t_ns"] > begin:
                    told.append((begin, event["t_ns"] - begin, name[event["thread"]], event["why"]))
        told = sorted(told)
        holds = [(s["ts"], s["dur"], s["holder"], s["why"]) for s in self.of_lock()]
        self.assertEqual([h for h in holds if h[3] is not None], told)
        self.assertLessEqual(len(holds) - len(told), 1)                    # held when the recording ended
        for (begin, ns, *_), (after, *_) in zip(holds, holds[1:]):
            self.assertLessEqual(begin + ns, after)                        # one holder at a time

    def test_times_are_those_of_the_story(self):
        lock = {s["id"] for s in self.of_lock()}
        self.check_times("holds", lambda s: s["holder"] if s["id"] in lock else None)
        self.check_times("waits", lambda s: s["thread"] if s["name"].startswith("waits") else None)
        self.check_times("outside", lambda s: s["thread"] if s["name"].startswith("outside") else None)

    def test_every_wait_of_the_story_is_a_slice(self):
        waits = {(s["thread"], s["ts"]): s for s in self.named("waits for lock 0")}
        told = self.story["waits"]
        self.assertGreater(len(told), 100)
        name = {t["thread"]: t["name"] for t in self.story["threads"]}
        for wait in told:
            if wait["ns"] > 0:                                             # the clock may stand still
                found = waits[name[wait["thread"]], wait["t_ns"]]
                self.assertEqual(found["dur"], wait["ns"])
                if wait["holds"] == 1:                                     # then the last is the longest
                    self.assertEqual((found["from_thread"], found["from_place"] or ""),
                                     (name[wait["holder"]["thread"]], wait["holder"]["place"]))

    def test_an_arrow_for_each_hand_off(self):
        by_id = {s["id"]: s for s in self.slices}
        latency = self.story["latency"]
        self.assertEqual(len(self.flows), latency["asked"]["count"] + latency["blocking"]["count"])
        self.assertEqual(sum(1 for s in self.slices if s["from_why"] == "asked"), latency["asked"]["count"])
        self.assertGreater(latency["asked"]["count"], 50)
        for flow in self.flows:
            wait, hold = by_id[flow["slice_out"]], by_id[flow["slice_in"]]
            self.assertEqual((wait["name"], wait["thread"]), ("waits for lock 0", hold["holder"]))
            self.assertEqual(wait["ts"] + wait["dur"], hold["ts"])
            self.assertNotEqual(wait["from_thread"], wait["thread"])

    def test_functions_outside_are_those_of_the_story(self):
        times, told = collections.Counter(), collections.Counter()
        for one in self.slices:
            if one["name"].startswith("outside: "):
                times[one["name"].removeprefix("outside: "), one["why"]] += self.told_of(one)
        for function in self.story["functions"]:
            told[function["function"], function["why"]] += function["ns"]
        self.assertEqual(times, {key: ns for key, ns in told.items() if ns > 0})
        self.assertGreaterEqual(times["pysleep", "blocking"], 5_000_000)

    def test_frames_are_those_of_the_events(self):
        entered = collections.Counter()
        for event in shown(self.gbx, "frame"):
            if event["event"] in ("frame.push", "frame.resume"):
                entered[event["code_name"]] += 1
        frames = collections.Counter(s["name"] for s in self.slices if s["category"] == "frame")
        self.assertEqual(frames, entered)
        self.assertGreater(frames["work"], 50)
        by_id = {s["id"]: s for s in self.slices}
        for one in self.named("work"):
            self.assertEqual(by_id[one["parent_id"]]["name"], "busy")      # the processor nests by the times
            self.assertEqual(by_id[one["parent_id"]]["category"], "frame")

    def test_marks_are_instants_and_spans_lie_in_the_process(self):
        name = {t["thread"]: t["name"] for t in self.story["threads"]}
        told, begun, spans = [], {}, []
        for event in shown(self.gbx, "mark"):
            if event["event"] == "mark.mark":
                told.append((event["t_ns"], 0, event["name_name"], name[event["thread"]], event["value"]))
            elif event["event"] == "mark.span_begin":
                begun[event["span"]] = event["t_ns"]
            else:
                begin = begun.pop(event["span"])
                spans.append((begin, event["t_ns"] - begin, event["name_name"], name[event["thread"]]))
        marks = [(s["ts"], s["dur"], s["name"], s["thread"], s["value"])
                 for s in self.slices if s["category"] == "mark"]
        self.assertEqual(sorted(marks), sorted(told))
        self.assertEqual(len(marks), 8)
        self.assertEqual(sorted((s["ts"], s["dur"], s["name"], s["thread"]) for s in self.spans), sorted(spans))
        self.assertEqual(len(spans), 8)


class Names(Recorded):
    THREAD = 'fünf "a\\b" \u2713 7'
    PROGRAM = f'''
import glassbox, threading
def größe():
    glassbox.mark("märk")
thread = threading.Thread(target=größe, name={THREAD!r})
thread.start()
thread.join()
'''

    def test_what_is_not_ascii_comes_through(self):
        self.check_clean()
        self.assertIn(self.THREAD, {t["name"] for t in self.threads})
        self.assertIn((f"{self.THREAD} [b]", self.THREAD), {(s["name"], s["holder"]) for s in self.of_lock()})
        self.assertEqual([(s["thread"], s["depth"] > 0) for s in self.named("größe")], [(self.THREAD, True)])
        self.assertEqual([s["thread"] for s in self.named("märk")], [self.THREAD])


class WithoutFrames(Recorded):
    EVENTS = "gil"

    def test_threads_show_what_they_hold(self):
        self.check_clean()
        self.check_times("holds", lambda s: s["thread"] if s["name"] == "holds lock 0" else None)


class FreeThreaded(Recorded):
    VARIANT = "ft"
    EVENTS = "gil"

    def test_threads_run_without_the_lock(self):
        self.check_clean()
        lock = {s["id"] for s in self.of_lock()}       # the interpreter starts with it
        self.assertEqual({s["holder"] for s in self.of_lock()}, {"MainThread"})
        self.assertEqual(self.of_lock()[-1]["why"], "disable")
        self.check_times("holds", lambda s: s["holder"] if s["id"] in lock else None)
        self.check_times("runs", lambda s: s["thread"] if s["name"] == "runs" else None)
        self.check_times("outside", lambda s: s["thread"] if s["name"].startswith("outside") else None)


class Children(Recorded):
    EVENTS = "gil+thread"
    PROGRAM = EIGHT.replace("0.3", "0.05") + '''
import os
for _ in range(2):
    if os.fork() == 0:
        other = threading.Thread(target=work, args=(1000,), name="child")
        other.start()
        other.join()
        os._exit(0)
    os.wait()
'''

    def test_each_process_has_a_lock_of_its_own(self):
        self.check_clean()
        processes = {t["pid"] for t in self.story["threads"]}
        self.assertEqual(len(processes), 3)
        holders = collections.defaultdict(set)
        for hold in self.of_lock():
            holders[hold["pid"]].add(hold["holder"])
        self.assertEqual(set(holders), processes)
        self.assertEqual(sum("child" in names for names in holders.values()), 2)


class Pinned(unittest.TestCase):
    def test_the_reader_comes_by_hashes_alone(self):
        lock = (ROOT / "stations" / "packages" / "perfetto.gil.lock").read_text().splitlines()
        pins = [line for line in lock if not line.startswith("#")]
        self.assertGreater(len(pins), 0)
        for pin in pins:
            self.assertRegex(pin, r"^[a-z-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$")


@unittest.skipIf(MISSING, MISSING)
class Refused(unittest.TestCase):
    def test_a_broken_export_is_not_read_as_a_whole_one(self):
        """The check can fail: the processor says so where slices of a track overlap, or the text ends."""
        event = {"cat": "gil", "ph": "X", "pid": 1, "tid": 1}
        overlap = [event | {"name": "a", "ts": 10, "dur": 10}, event | {"name": "b", "ts": 15, "dur": 10}]
        pathlib.Path("overlap.json").write_text(json.dumps({"traceEvents": overlap}))
        with TraceProcessor("overlap.json") as trace:
            self.assertNotEqual(trace.rows(ERRORS), [])
        pathlib.Path("text.json").write_text("no trace")
        with self.assertRaises(Failed):
            TraceProcessor("text.json")


if __name__ == "__main__":
    unittest.main()
