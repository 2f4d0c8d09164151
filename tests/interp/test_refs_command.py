"""`glassbox refs`: the numbers that it shows are those of the records, and it says what it lacks."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

import traces

GLASSBOX = os.environ["GLASSBOX"]
PROGRAM = """\
from glassbox import watch
class Thing: pass
def busy(t, n):
    for i in range(n):
        u = t
def idle(t):
    return t
t = Thing()
watch(t, "it")
busy(t, 5000)
idle(t)
"""


def refs(*arguments):
    return subprocess.run([GLASSBOX, "refs", *arguments], capture_output=True, text=True, timeout=60)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for old in pathlib.Path(".").glob("refs*.gbx*"):
            old.unlink()
        pathlib.Path("prog.py").write_text(PROGRAM)
        subprocess.run([GLASSBOX, "trace", "-q", "--python", sys.executable, "-e", "mark", "--churn",
                        "-o", "refs.gbx", "prog.py"], check=True)
        cls.trace = traces.Trace("refs.gbx")
        cls.json = json.loads(refs("--json", "refs.gbx").stdout)

    def test_churn_brings_the_class_that_it_needs(self):
        self.assertTrue(self.json["churn"]["recorded"])
        self.assertTrue(self.trace.named("ref.churn"))

    def test_the_sums_are_those_of_the_records(self):
        for name in ("incs", "decs", "shared"):
            total = sum(event.fields[name] for event in self.trace.named("ref.churn"))
            self.assertEqual(self.json["churn"][name], total)
            for part in ("lines", "instructions"):
                self.assertEqual(sum(entry[name] for entry in self.json[part]), total)

    def test_each_instruction_has_what_its_records_say(self):
        counted = {}
        for event in self.trace.named("ref.churn"):
            at = event.fields["code"], event.fields["offset"]
            counted[at] = counted.get(at, 0) + event.fields["incs"] + event.fields["decs"]
        shown = {(entry["code"], 0xffff if entry["offset"] is None else entry["offset"]):
                 entry["incs"] + entry["decs"] for entry in self.json["instructions"]}
        self.assertEqual(shown, counted)

    def test_the_lines_are_cpython_s(self):
        for entry in self.json["instructions"]:
            if entry["function"] == "busy":
                self.assertEqual(entry["line"], self.trace.line(entry["code"], entry["offset"]))

    def test_the_line_that_moves_most_is_found(self):
        mine = [line for line in self.json["lines"] if (line["file"] or "").endswith("prog.py")]
        self.assertEqual((mine[0]["function"], mine[0]["line"]), ("busy", 5))
        self.assertGreaterEqual(mine[0]["incs"], 5000)
        self.assertEqual(self.json["lines"], sorted(self.json["lines"], key=lambda line: -line["incs"] - line["decs"]))

    def test_a_watched_object_has_its_operations(self):
        (it,) = self.json["objects"]
        changes = self.trace.named("ref.inc", "ref.dec", "ref.merge")
        self.assertEqual((it["name"], it["type"], it["threads"], it["turns"]), ("it", "Thing", 1, 0))
        self.assertEqual(it["local"] + it["shared"], len(changes))
        self.assertEqual(it["by"][0]["name"], "MainThread")

    def test_the_page_has_both_parts(self):
        done = refs("-n", "3", "refs.gbx")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("references moved by", done.stdout)
        self.assertIn("1 watched object, the most contended first", done.stdout)
        self.assertRegex(done.stdout, r"and \d+ more")
        self.assertRegex(refs("--instructions", "-n0", "refs.gbx").stdout, r"prog\.py:5 in busy \+\d+")
        self.assertIn("MainThread", refs("--by-thread", "refs.gbx").stdout)

    def test_a_trace_that_says_nothing_of_references(self):
        subprocess.run([GLASSBOX, "trace", "-q", "--python", sys.executable, "-e", "mark", "-o", "refs-none.gbx",
                        "-c", "pass"], check=True)
        done = refs("refs-none.gbx")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("'refs-none.gbx' says nothing of references: record the class ref with --churn", done.stderr)

    def test_wrong_usage(self):
        for arguments in ((), ("a", "b"), ("--nothing", "a"), ("-n", "x", "a")):
            self.assertEqual(refs(*arguments).returncode, 64, arguments)
        self.assertEqual(refs("no-such.gbx").returncode, 2)
        self.assertIn("usage: glassbox refs", refs("--help").stdout)


if __name__ == "__main__":
    unittest.main()
