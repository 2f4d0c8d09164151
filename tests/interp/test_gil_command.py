"""`glassbox gil` and `glassbox export`: what they print of a real recording, and what they refuse.

The export is read back by a reader of its own, written from the format's description: every slice has a
track, slices of a track nest, and a lock is held by one thread at a time.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import unittest
import xml.etree.ElementTree

from locks import gil_only, record

GLASSBOX = os.environ["GLASSBOX"]


def glassbox(*arguments, status=0):
    done = subprocess.run([GLASSBOX, *arguments], text=True, capture_output=True, timeout=120)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {done.stderr}")
    return done


class Story(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        record("""
            sys.setswitchinterval(0.001)
            lock = threading.Lock()
            def naps():
                for _ in range(20):
                    time.sleep(0.002)
            sleeper = threading.Thread(target=naps, name='sleeper')
            sleeper.start()
            all_of(busy, 3, 0.2)
            sleeper.join()
        """, path="story.gbx")

    def story(self, *options):
        return json.loads(glassbox("gil", "--json", *options, "story.gbx").stdout)

    def test_times_add_up(self):
        story = self.story()
        names = {t["name"]: t for t in story["threads"]}
        self.assertLessEqual({"MainThread", "sleeper", "t0", "t1", "t2"}, set(names))
        held = sum(t["holds_ns"] for t in story["threads"])
        self.assertLessEqual(held, story["end_ns"] - story["begin_ns"])        # one holder at a time
        for thread in story["threads"]:
            alive = sum(thread[f"{lane}_ns"] for lane in ("holds", "runs", "waits", "outside", "away"))
            self.assertLessEqual(alive, story["end_ns"] - thread["first_ns"])
        main = names["MainThread"]
        self.assertAlmostEqual(sum(main[f"{lane}_ns"] for lane in ("holds", "runs", "waits", "outside")),
                               story["end_ns"] - main["first_ns"], delta=1_000_000)
        self.assertGreaterEqual(names["sleeper"]["outside_ns"], 20 * 2_000_000)
        for busy in ("t0", "t1", "t2"):
            self.assertGreater(names[busy]["asked"], 0)
            self.assertGreater(names[busy]["waits_ns"], 5_000_000)

    @gil_only
    def test_functions_have_names(self):
        functions = {f["function"]: f for f in self.story()["functions"]}
        self.assertGreaterEqual(functions["pysleep"]["times"], 20)
        self.assertEqual(functions["pysleep"]["why"], "blocking")

    def test_the_longest_waits_come_first_with_their_holder(self):
        waits = self.story("-n", "15")["waits"]
        self.assertEqual(len(waits), 15)
        self.assertEqual([w["ns"] for w in waits], sorted((w["ns"] for w in waits), reverse=True))
        held = [w for w in waits if "holder" in w]     # a thread may wait for a core, nobody having the lock
        self.assertGreater(len(held), 5)
        for wait in held:
            self.assertLessEqual(wait["holder"]["ns"], wait["ns"])
            self.assertNotEqual(wait["holder"]["thread"], wait["thread"])
        self.assertTrue(any(re.search(r":\d+$", w["holder"]["place"]) for w in held))

    def test_percentiles_are_in_order(self):
        for kind in self.story()["latency"].values():
            self.assertLessEqual(kind["p50_ns"], kind["p90_ns"])
            self.assertLessEqual(kind["p90_ns"], kind["p99_ns"])
            self.assertLessEqual(kind["p99_ns"], kind["most_ns"])

    def test_the_page_has_a_row_a_thread_and_fits_the_terminal(self):
        text = glassbox("gil", "story.gbx").stdout
        for line in text.splitlines():
            self.assertLessEqual(len(line), 100 if "held it" in line else 80, line)
        rows = [line for line in text.splitlines() if re.match(r"t\d +.*[█░▓]", line)]
        self.assertEqual(len(rows), 3)
        self.assertRegex(text, r"(?m)^asked +\d+ ")

    def test_it_says_where_the_class_was_not_recorded(self):
        self.assertNotIn("This is not all", glassbox("gil", "story.gbx").stdout)
        record("""
            for _ in range(3):
                glassbox.select('gil+mark'); time.sleep(0.001); glassbox.select('mark'); time.sleep(0.001)
            """, path="parts.gbx")
        self.assertIn("class gil was not recorded from the start to the end", glassbox("gil", "parts.gbx").stdout)

    def test_the_svg_is_well_formed(self):
        glassbox("gil", "story.gbx", "--svg", "story.svg")
        root = xml.etree.ElementTree.parse("story.svg").getroot()
        texts = {e.text for e in root.iter() if e.tag.endswith("text")}
        self.assertLessEqual({"MainThread", "t0", "t1", "t2", "sleeper"}, texts)
        rectangles = [e for e in root.iter() if e.tag.endswith("rect")]
        self.assertGreater(len(rectangles), 30)

    def test_what_is_wrong_is_said(self):
        self.assertIn("which trace?", glassbox("gil", status=64).stderr)
        self.assertIn("that is no number", glassbox("gil", "-n", "x", "story.gbx", status=64).stderr)
        self.assertIn("'none.gbx'", glassbox("gil", "none.gbx", status=2).stderr)
        self.assertIn("no process 1", glassbox("gil", "-p", "1", "story.gbx", status=2).stderr)
        self.assertIn("cannot open '/nowhere/x'",
                      glassbox("gil", "--svg", "/nowhere/x", "story.gbx", status=2).stderr)
        record("pass\n", options="events=mark+thread", path="no.gbx")
        self.assertIn("record the class gil", glassbox("gil", "no.gbx", status=2).stderr)
        self.assertIn("usage: glassbox gil", glassbox("gil", "--help").stdout)


class Export(unittest.TestCase):
    def tracks(self, path):
        """{(pid, tid): its slices by begin}, in whole ns; and the events that are none."""
        slices, others = collections.defaultdict(list), []
        for event in json.loads(pathlib.Path(path).read_text())["traceEvents"]:
            self.assertLessEqual({"name", "ph", "pid", "tid", "ts"}, set(event))
            if event["ph"] == "X":
                begin = round(event["ts"] * 1000)
                slices[event["pid"], event["tid"]].append((begin, begin + round(event["dur"] * 1000), event))
            else:
                others.append(event)
        for track in slices.values():
            track.sort(key=lambda s: (s[0], -s[1]))
        return slices, others

    def check_nesting(self, slices):
        for track in slices.values():
            open_ones = []
            for begin, end, event in track:
                while open_ones and open_ones[-1] <= begin:
                    open_ones.pop()
                if open_ones:
                    self.assertLessEqual(end, open_ones[-1] + 1, event)        # ns: rounded twice
                open_ones.append(end)

    def test_it_can_be_read_back(self):
        record("""
            sys.setswitchinterval(0.001)
            glassbox.mark('begin', 3)
            with glassbox.span('work'):
                all_of(busy, 3, 0.05)
            time.sleep(0.002)
        """, options="events=frame+gil+mark+thread", path="export.gbx")
        glassbox("export", "--perfetto", "export.json", "-q", "export.gbx")
        slices, others = self.tracks("export.json")
        self.check_nesting(slices)
        names = {(e["pid"], e["tid"]): e["args"]["name"] for e in others if e["name"] == "thread_name"}
        self.assertEqual(set(slices) - set(names), set())                      # every track has a name
        lock = next(key for key, name in names.items() if name == "lock 0 (main interpreter)")
        holds = slices[lock]
        for (_, end, _), (begin, _, _) in zip(holds, holds[1:]):
            self.assertLessEqual(end, begin + 1)                               # one holder at a time
        self.assertLessEqual({"t0", "t1", "t2", "MainThread"}, {e["args"]["thread"] for _, _, e in holds})
        self.assertLessEqual({"t0 [b]", "MainThread"}, {e["name"] for _, _, e in holds})
        of_t0 = slices[next(key for key, name in names.items() if name == "t0")]
        self.assertIn("busy", {e["name"] for _, _, e in of_t0})
        self.assertIn("waits for lock 0", {e["name"] for _, _, e in of_t0})
        phases = collections.Counter((e["ph"], e["name"]) for e in others)
        self.assertEqual((phases["i", "begin"], phases["b", "work"], phases["e", "work"]), (1, 1, 1))

    def test_without_frames_threads_show_what_they_hold(self):
        record("all_of(busy, 2, 0.02)\n", options="events=gil", path="bare.gbx")
        out = glassbox("export", "--chrome", "-", "bare.gbx")
        pathlib.Path("bare.json").write_text(out.stdout)
        self.assertIn("events written", out.stderr)
        slices, _ = self.tracks("bare.json")
        self.check_nesting(slices)
        self.assertTrue([e for track in slices.values() for _, _, e in track if e["name"] == "holds lock 0"])

    def test_what_is_wrong_is_said(self):
        self.assertIn("where to?", glassbox("export", "x.gbx", status=64).stderr)
        self.assertIn("which trace?", glassbox("export", "--chrome", "x", status=64).stderr)
        self.assertIn("one format", glassbox("export", "--chrome", "x", "--perfetto", "y", "z",
                                             status=64).stderr)
        self.assertIn("'none.gbx'", glassbox("export", "--chrome", "x", "none.gbx", status=2).stderr)
        record("pass\n", options="events=mark", path="small.gbx")
        self.assertIn("cannot open '/nowhere/x'",
                      glassbox("export", "--chrome", "/nowhere/x", "small.gbx", status=2).stderr)
        self.assertIn("cannot write", glassbox("export", "--chrome", "/dev/full", "small.gbx", status=2).stderr)


if __name__ == "__main__":
    unittest.main()
