"""glassbox lint: it has nothing to say of our labs, and of broken copies of one it says what is wrong, a defect for each rule.

Run by scripts/run-interp on the interpreter that is graded with, or by itself. GLASSBOX_LINT= says how much is graded of our
own labs: quick (without a word), usual, or full (hours). They are graded with the witness unless WITNESS=no; the copies
never are, since it is not what is looked at.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import solutions  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
GLASSBOX = Path(os.environ.get("GLASSBOX", ROOT / "glassbox"))
NAME = "5-pipeline"


def how_much():
    """The options for our own labs."""
    words = {"quick": ["--quick"], "usual": [], "full": ["--full"]}[os.environ.get("GLASSBOX_LINT", "quick")]
    return words + (["--no-witness"] if os.environ.get("WITNESS") == "no" else [])


class OurLabs(unittest.TestCase):
    """A test for each is added below."""


def add_lab(folder):
    def test(self):
        done = subprocess.run([GLASSBOX, "lint", *how_much(), folder], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    setattr(OurLabs, f"test_there_is_nothing_to_say_of_lab_{folder.name.replace('-', '_')}", test)


for lab in sorted(path.parent for path in (ROOT / "labs").glob("[0-9]*-*/lab.toml")):
    add_lab(lab)


class Copy(unittest.TestCase):
    """A copy of one lab and its solutions, to be broken."""

    def setUp(self):
        room = tempfile.TemporaryDirectory(prefix="glassbox-lint-")
        self.addCleanup(room.cleanup)
        labs = Path(room.name) / "labs"
        self.lab = labs / NAME
        self.solutions = Path(room.name) / "solutions"
        shutil.copytree(ROOT / "labs" / NAME, self.lab)
        shutil.copy(ROOT / "labs/lab.py", labs)
        shutil.copytree(ROOT / "tests/labs" / NAME, self.solutions)

    def lint(self, *options):
        """The rules that object: rule -> defects."""
        done = subprocess.run([GLASSBOX, "lint", "--format=json", "--no-witness", f"--solutions={self.solutions}", *options,
                               self.lab], capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        rules = json.loads(done.stdout)["rules"]
        found = {rule["rule"]: rule["defects"] for rule in rules if rule["defects"]}
        self.assertEqual(done.returncode, 1 if found else 0)
        return found

    def edit(self, path, old, new):
        text = path.read_text()
        self.assertIn(old, text, f"{path.name} has changed: so must this test")
        path.write_text(text.replace(old, new, 1))

    def assert_found(self, found, rule, *words):
        self.assertEqual(list(found), [rule], found)
        for word in words:
            self.assertTrue(any(word in defect for defect in found[rule]), found)


class Words(Copy):
    def test_a_lab_that_is_whole_has_no_defect(self):
        self.assertEqual(self.lint("--words"), {})

    def test_a_file_that_cannot_be_read(self):
        self.edit(self.lab / "lab.toml", "number = 5", "number = = 5")
        self.assert_found(self.lint("--words"), "reads", "lab.toml")

    def test_a_fact_without_points(self):
        self.edit(self.lab / "lab.toml", "points = 18", "points = 0")
        found = self.lint("--words")
        self.assertTrue(any("one-memory" in defect for defect in found.get("points", found.get("reads", []))), found)

    def test_a_fact_without_a_sentence(self):
        self.edit(self.lab / "lab.toml", 'sentence = "who asks for rows that follow each other is refused the window"',
                  'sentence = "refused"')
        self.assert_found(self.lint("--words"), "points", "'refused' has no sentence")

    def test_a_rung_without_a_hint(self):
        hints = self.lab / "hints.toml"
        blocks = hints.read_text().split("[[hint]]")
        hints.write_text("[[hint]]".join(block for block in blocks
                                         if not ('fact = "digest"' in block and "rung = 3" in block)))
        self.assert_found(self.lint("--words"), "rungs", "'digest' has no hint on rung 3")

    def test_a_hint_of_another_kind(self):
        self.edit(self.lab / "hints.toml", 'kind = "where"', 'kind = "event"')
        self.assert_found(self.lint("--words"), "rungs", "rung 2 is a 'event'")

    def test_hints_that_cost_more_than_there_is_to_win(self):
        self.edit(self.lab / "hints.toml", "cost = 2.0", "cost = 60.0")
        self.assert_found(self.lint("--words"), "rungs", "cost 61.5 points together")

    def test_a_hint_with_a_line_of_the_answer(self):
        self.edit(self.lab / "hints.toml", "Is it the digest of the numbers as they were",
                  "Write\n    numbers   *= SCALE\nand you have it. Is it the digest of the numbers as they were")
        self.assert_found(self.lint("--words"), "gives-away", "'digest' on rung 1 gives a line", "numbers *= SCALE")

    def test_a_hint_with_a_value_of_the_answer(self):
        self.edit(self.solutions / "reference/work.py", "SCALE = {{scale}}\n", 'SCALE = {{scale}}\nWORD = "plover" * 3 + str(70321)\n')
        self.edit(self.lab / "hints.toml", "Look at its type.", "Is it of type plover?")
        self.edit(self.lab / "hints.toml", "What is read-only:", "70321 is the number. What is read-only:")
        self.assert_found(self.lint("--words"), "gives-away", "a value of the answer away: plover",
                          "a value of the answer away: 70321")

    def test_a_hint_that_some_students_alone_profit_from(self):
        self.edit(self.solutions / "reference/work.py", "SCALE = {{scale}}\n", "SCALE = {{scale}}\nTWICE = {{scale}}00{{step}}\n")
        self.edit(self.lab / "hints.toml", "Look at its type.", "{{scale}}00{{step}}, perhaps?")
        self.assert_found(self.lint("--words"), "gives-away", "a value")

    def test_a_hint_with_the_words_of_a_prediction(self):
        self.edit(self.lab / "hints.toml", "Is it a\nwindow at all?", "Remember:\nit is refused: zlib asks for memory in one piece, "
                  "row by row")
        self.assert_found(self.lint("--words"), "gives-away", "'refused' on rung 1")

    def test_the_last_rung_may_say_anything(self):
        self.edit(self.lab / "hints.toml", "Another example: def negate", "numbers *= SCALE\nAnother example: def negate")
        self.assertEqual(self.lint("--words"), {})

    def test_a_task_that_is_not_there(self):
        (self.lab / "task.md").unlink()
        self.assert_found(self.lint("--words"), "files", "task.md")

    def test_a_file_to_begin_with_that_is_not_there(self):
        (self.lab / "start/answers.toml").unlink()
        self.assert_found(self.lint("--words"), "files", "answers.toml")

    def test_a_task_with_a_parameter_that_nobody_has(self):
        self.edit(self.lab / "task.md", "{{scale}}", "{{colour}}")
        found = self.lint("--words")
        self.assertIn("colour", str(found.get("files")), found)

    def test_a_fact_without_a_case(self):
        self.edit(self.solutions / "cases.toml", 'case = "twice"\nfact = "digest"', 'case = "twice"\nfact = "shapes"')
        self.assert_found(self.lint("--words"), "must-fail", "fails at 'digest'")

    def test_a_case_that_is_not_there(self):
        shutil.rmtree(self.solutions / "must-fail/twice")
        self.assert_found(self.lint("--words"), "must-fail", "must-fail/twice")

    def test_a_belief_that_is_not_planted(self):
        shutil.rmtree(self.solutions / "misconceptions/through-a-copy")
        self.assert_found(self.lint("--words"), "planted", "misconceptions/through-a-copy")

    def test_a_harness_that_talks_to_other_machines(self):
        self.edit(self.lab / "harness.py", "import struct\n", "import struct, urllib.request\n")
        self.assert_found(self.lint("--words"), "network", "'harness.py' imports urllib")

    def test_a_beginning_that_talks_to_other_machines(self):
        self.edit(self.lab / "start/work.py", "import zlib\n", "import zlib\nfrom socket import create_connection\n")
        self.assert_found(self.lint("--words"), "network", "'start/work.py' imports socket")


class Runs(Copy):
    """What is found by grading. One run of lint looks for several defects: each takes a while."""

    def slowest(self):
        """The CPU seconds that the reference's longest run takes here and now."""
        work = self.lab.parent / "work"
        lab = solutions.Lab(ROOT / "labs" / NAME)
        solutions.start(lab, work, "ann", lab.reference)
        done = subprocess.run([GLASSBOX, "lab", "check", "5", "--format=json", "--no-witness", f"--folder={work}"],
                              capture_output=True, text=True, check=False)
        return max(run["cpu_s"] for run in json.loads(done.stdout)["host"]["runs"].values())

    def test_what_is_given_passes_a_case_passes_a_belief_passes_and_limits_are_tight(self):
        reference = self.solutions / "reference/work.py"
        shutil.copytree(self.solutions / "reference", self.lab / "start", dirs_exist_ok=True)
        shutil.copy(reference, self.solutions / "must-fail/twice")
        shutil.copy(reference, self.solutions / "misconceptions/through-a-copy")
        tight = round(2.5 * self.slowest() + 0.1, 1)
        self.edit(self.lab / "lab.toml", "cpu = 20.0", f"cpu = {tight}")
        found = self.lint()
        self.assertIn("its verdict is 'pass'", str(found.get("unsolved")), found)
        self.assertIn("'twice' has to fail at 'digest'", str(found.get("fails")), found)
        self.assertIn("'through-a-copy' is not caught", str(found.get("caught")), found)
        self.assertIn(f"the CPU limit is {tight} s", str(found.get("limits")), found)
        self.assertNotIn("one-result", found)

    def test_a_reference_that_fails_otherwise_each_time(self):
        self.edit(self.solutions / "reference/work.py", "import zlib\n", "import random\nimport zlib\n")
        self.edit(self.solutions / "reference/work.py", "def table(memory, rows, columns):\n",
                  "def table(memory, rows, columns):\n    np.empty(random.SystemRandom().randrange(2, 50) * rows * columns)\n")
        found = self.lint("--quick")
        self.assertIn("at 'no-bytes'", str(found.get("reference")), found)
        self.assertIn("'no-bytes'", str(found.get("one-result")), found)

    def test_a_beginning_that_does_not_run(self):
        self.edit(self.lab / "start/work.py", "import zlib\n", "import zlib\n1 / 0\n")
        self.assert_found(self.lint("--quick"), "unsolved", "submission-error")


if __name__ == "__main__":
    program = unittest.main(exit=False)
    wrong = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - wrong} passed, {wrong} failed, {len(program.result.skipped)} skipped")
    sys.exit(1 if wrong else 0)
