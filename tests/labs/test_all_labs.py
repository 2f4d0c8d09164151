"""All labs, by their solutions: references pass, beginnings do not, each case fails at its fact, each belief is caught.

Run by scripts/run-interp on the interpreter that is graded with, or by itself. GLASSBOX_LAB_SEEDS=20 tries each reference with
twenty students' variants; without it, with two. GLASSBOX_LAB=4 looks at one lab alone. WITNESS=no grades without the witness:
whether honest runs agree with it has a suite of its own.
"""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import solutions  # noqa: E402

SEEDS = int(os.environ.get("GLASSBOX_LAB_SEEDS", "2"))
ONLY = os.environ.get("GLASSBOX_LAB", "")
GOOD = ("pass", "flaky")


def verdict_of(result, fact):
    return next(entry["verdict"] for entry in result["facts"] if entry["id"] == fact)


def told(result):
    """What a result says that did not pass, for a message."""
    lines = [f"{result['verdict']}: {result['message']}"]
    for fact in result["facts"]:
        if fact["verdict"] not in GOOD:
            lines.append(f"  {fact['id']} {fact['verdict']}: expected {fact['expected']}; actual {fact['actual']}")
    for entry in result["explanations"]:
        lines.append(f"  explanation {entry['id']} {entry['verdict']} {entry['score']} of {entry['points']}")
    return "\n".join(lines)


class TheLab:
    """The tests of one lab; its submissions are graded once, together."""

    folder = None

    @classmethod
    def setUpClass(cls):
        cls.lab = solutions.Lab(cls.folder)
        cls.room = tempfile.TemporaryDirectory(prefix="glassbox-labs-")
        cls.addClassCleanup(cls.room.cleanup)
        batch = solutions.Batch(Path(cls.room.name) / "batch", witness=os.environ.get("WITNESS") != "no")
        batch.add(cls.lab, "start")
        for i in range(SEEDS):
            batch.add(cls.lab, f"reference-{i}", cls.lab.reference)
        for case in {case["case"]: None for case in cls.lab.must_fail}:          # one may fail at several facts
            batch.add(cls.lab, f"case-{case}", cls.lab.reference, cls.lab.case(case))
        for belief in cls.lab.misconceptions:
            batch.add(cls.lab, f"belief-{belief['id']}", cls.lab.reference, cls.lab.planted(belief))
        batch.add(cls.lab, "copied", cls.lab.reference)
        cls.copy(batch)
        cls.results = batch.grade()

    @classmethod
    def copy(cls, batch):
        """Hand in the reference of one student as another's."""
        theirs = solutions.start(cls.lab, batch.folder / "work" / "theirs", "theirs", cls.lab.reference)
        mine = batch.folder / "work" / "copied"
        for name in cls.lab.data["submit"]["files"]:
            (mine / name).write_bytes((theirs / name).read_bytes())
        solutions.bundle(cls.lab, mine, batch.folder / "bundles" / "copied.glassbox.tar.gz")

    def test_the_reference_passes_for_every_variant(self):
        for i in range(SEEDS):
            result = self.results[f"reference-{i}"]
            with self.subTest(student=i):
                for fact in result["facts"]:
                    self.assertIn(fact["verdict"], GOOD, told(result))
                for entry in result["explanations"]:
                    self.assertEqual(entry["score"], entry["points"], told(result))
                for entry in result["predictions"]:
                    self.assertEqual(entry["outcome"], "right", entry["id"])

    def test_what_the_learner_is_given_runs_and_does_not_pass(self):
        result = self.results["start"]
        self.assertIn(result["verdict"], ("fail", "partial"), told(result))
        self.assertLess(result["score"], 0.7 * result["points"])

    def test_each_case_fails_at_its_fact(self):
        for case in self.lab.must_fail:
            result = self.results[f"case-{case['case']}"]
            with self.subTest(case=case["case"]):
                self.assertNotIn(verdict_of(result, case["fact"]), (*GOOD, "prerequisite"), told(result))
                self.assertNotIn(result["verdict"], ("infrastructure", "violation"), told(result))

    def test_each_fact_has_such_a_case(self):
        failing = {case["fact"] for case in self.lab.must_fail}
        self.assertEqual({fact["id"] for fact in self.lab.facts} - failing, set())

    def test_each_belief_is_caught_where_it_says(self):
        for belief in self.lab.misconceptions:
            result = self.results[f"belief-{belief['id']}"]
            with self.subTest(belief=belief["id"]):
                foretold = [entry for entry in result["predictions"]
                            if entry["outcome"] == "wrong" and entry["misconception"] == belief["id"]]
                fact = verdict_of(result, belief["fact"])
                self.assertTrue(foretold or fact not in (*GOOD, "prerequisite"), told(result))
                self.assertNotIn(result["verdict"], ("infrastructure", "violation"), told(result))

    def test_a_copy_of_somebody_elses_work_does_not_pass(self):
        result = self.results["copied"]
        self.assertNotEqual([fact["id"] for fact in result["facts"] if fact["verdict"] not in GOOD], [], told(result))


def load_tests(loader, _tests, _pattern):
    suite = unittest.TestSuite()
    for folder in solutions.folders():
        if not ONLY or folder.name.split("-")[0] == ONLY:
            name = "Lab" + folder.name.replace("-", " ").title().replace(" ", "")
            case = type(name, (TheLab, unittest.TestCase), {"folder": folder})
            suite.addTests(loader.loadTestsFromTestCase(case))
    return suite


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    wrong = len(program.result.failures) + len(program.result.errors)
    skipped = len(program.result.skipped)
    print(f"{max(program.result.testsRun - wrong - skipped, 0)} passed, {wrong} failed, {skipped} skipped")
    sys.exit(1 if wrong or program.result.testsRun == 0 else 0)
