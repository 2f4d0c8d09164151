"""`glassbox why`: it runs a program, judges it, and what it says can be looked up in the recordings."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

GLASSBOX = os.environ["GLASSBOX"]

QUIET = """\
import sys
print("hello", *sys.argv[1:])
total = 0
def add():
    global total
    for number in range(1000):
        total += number
add()
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
"""

IMPORTS = """\
import why_slow
def main():
    print(why_slow.TABLE)
main()
"""

SLOW = """\
import time
time.sleep(0.3)
TABLE = 7
"""

WAITS = """\
import time
def wait():
    for _ in range(200):
        time.sleep(0.002)
wait()
"""


def why(*arguments, **options):
    words = [GLASSBOX, "why", "--no-tools", "--python", sys.executable, *arguments]
    options = {"stdin": subprocess.DEVNULL} | options
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name, text in {"quiet": QUIET, "imports": IMPORTS, "why_slow": SLOW, "waits": WAITS}.items():
            pathlib.Path(f"{name}.py").write_text(text)

    def judged(self, *arguments, **options):
        done = why("--json", *arguments, **options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)


class Runs(Case):
    def test_the_output_is_shown_once_and_the_page_is_80_columns_wide(self):
        done = why("quiet.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines().count("hello"), 1)
        self.assertIn("Verdict: no fault found.", done.stdout)
        self.assertLessEqual(max(len(line) for line in done.stdout.splitlines()), 80)

    def test_a_status_is_told_and_judged_all_the_same(self):
        done = why("quiet.py", "3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("It ended with status 3.", done.stdout)
        self.assertEqual(self.judged("quiet.py", "3")["status"], 3)

    def test_three_runs_and_one(self):
        for old in pathlib.Path(".").glob("quiet.why*.gbx"):
            old.unlink()
        told = self.judged("--once", "quiet.py")
        self.assertIsNone(told["wall_s"])
        self.assertFalse(pathlib.Path("quiet.why-counts.gbx").exists())
        self.assertTrue(all(column["basis"] != "not recorded" for column in told["columns"]), told["columns"])
        told = self.judged("quiet.py")
        self.assertTrue(told["wall_s"] > 0 and told["counted_s"] > 0)
        self.assertTrue(pathlib.Path("quiet.why-counts.gbx").exists())

    def test_what_reads_a_pipe_is_run_once(self):
        pathlib.Path("reads.py").write_text("import sys\nprint(sys.stdin.read().upper())\n")
        done = why("reads.py", stdin=None, input="something")
        self.assertIn("SOMETHING", done.stdout)
        self.assertIn("while it was recorded", done.stdout)

    def test_a_file_is_read_from_its_beginning_each_time(self):
        pathlib.Path("reads.py").write_text("import sys\nassert sys.stdin.read() == 'something'\n")
        pathlib.Path("text").write_text("something")
        with open("text", encoding="ascii") as text:
            done = why("reads.py", stdin=text)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_program_without_an_end_is_given_seconds(self):
        pathlib.Path("forever.py").write_text("while True:\n    pass\n")
        done = why("--seconds", "0.5", "forever.py")
        self.assertEqual(done.returncode, 1)
        self.assertIn("before it had ended", done.stdout)

    def test_an_interrupted_program_is_judged_by_what_there_is(self):
        pathlib.Path("forever.py").write_text("import time\nprint('on', flush=True)\nwhile True:\n    time.sleep(0.01)\n")
        child = subprocess.Popen([GLASSBOX, "why", "--no-tools", "--python", sys.executable, "forever.py"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
        self.assertEqual(child.stdout.readline(), "on\n")
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=60)
        self.assertIn("It was interrupted", out, err)
        self.assertIn("Verdict:", out)

    def test_words_that_are_wrong(self):
        self.assertEqual(why().returncode, 64)
        self.assertEqual(why("--no-such").returncode, 64)
        self.assertEqual(why("--seconds", "soon", "quiet.py").returncode, 64)
        self.assertEqual(why("--trace", "a", "quiet.py").returncode, 64)
        self.assertEqual(why("--trace", "no-such.gbx").returncode, 2)


class Verdicts(Case):
    def expect(self, told, column, file, line):
        self.assertTrue(told["verdicts"], told["columns"])
        first = told["verdicts"][0]
        self.assertEqual((first["column"], os.path.basename(first["file"]), first["line"]), (column, file, line))
        self.assertTrue(0.1 <= first["share"] <= 1.5, first)
        return first

    def test_an_own_module_that_takes_long_to_import(self):
        told = self.judged("imports.py")
        self.assertEqual(self.expect(told, "import", "imports.py", 1)["basis"], "measured")

    def test_a_wait_for_each_item(self):
        first = self.expect(self.judged("waits.py"), "c", "waits.py", 4)
        self.assertEqual(first["evidence"][0]["records"], 200)

    def test_a_text_that_is_compiled_again_and_again(self):
        pathlib.Path("evals.py").write_text("def f():\n    for n in range(20_000):\n        eval('n + 1')\nf()\n")
        first = self.expect(self.judged("evals.py"), "compile", "evals.py", 3)
        self.assertEqual(first["evidence"][0]["records"], 20_000)

    def test_no_fault_still_says_where_the_time_was(self):
        pathlib.Path("counts.py").write_text(
            "def count():\n    return sum(map(int.bit_length, range(3_000_000)))\ncount()\n")
        told = self.judged("counts.py")
        self.assertEqual(told["verdicts"], [])
        most = told["functions"][0]
        self.assertEqual((most["function"], os.path.basename(most["file"]), most["line"], most["calls"]),
                         ("count", "counts.py", 1, 1))
        self.assertGreater(most["share"], 0.5)
        self.assertIn("is in count itself (counts.py:1)", why("counts.py").stdout)

    def test_the_evidence_is_there_where_it_is_said_to_be(self):
        told = self.judged("waits.py")
        evidence = told["verdicts"][0]["evidence"][0]
        shown = subprocess.run([GLASSBOX, "show", "--json", "waits.why.gbx"], capture_output=True, text=True,
                               check=True).stdout.splitlines()[evidence["seq"]]
        self.assertEqual(json.loads(shown)["event"], evidence["event"])
        again = subprocess.run(evidence["show"].split(), executable=GLASSBOX, capture_output=True, text=True,
                               check=True)
        self.assertIn(evidence["event"], again.stdout)

    def test_recordings_are_judged_again_as_they_were(self):
        told = self.judged("waits.py")
        again = json.loads(subprocess.run([GLASSBOX, "why", "--json", "--trace", "waits.why.gbx"],
                                          capture_output=True, text=True, check=True).stdout)
        self.expect(again, "c", "waits.py", told["verdicts"][0]["line"])

    def test_every_column_stands_in_the_order_of_the_model(self):
        parts = [column["part"] for column in self.judged("quiet.py")["columns"]]
        order = ["source", "AST", "bytecode", "eval loop", "C function", "system call, GPU"]
        self.assertEqual([part for at, part in enumerate(parts) if at == 0 or parts[at - 1] != part], order)
