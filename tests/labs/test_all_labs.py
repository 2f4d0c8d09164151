"""Every graded lab from outside: references pass, what is handed out does not, each wrong submission fails at its fact.

Run by scripts/run-interp on the interpreter that is graded with, as `glassbox lab start` and `lab check` do it for a
learner.  A lab's folder here has

    reference/           a solution, filled in as start/ is; then its make.py, if it has one, is run in the folder that was
                         made, and taken away: it writes what depends on the student and cannot be said by {{name}}
    must-fail/CASE/      files that differ from it, and cases.toml: [[must_fail]] case= fact=
    misconceptions/ID/   the same for each of labs/N-name/misconceptions.toml, whose `fact` has to fail

LABS=1,3 in the environment looks at those alone; SEEDS=20 checks so many students' references (2 else), which is the full
form; WITNESS=no checks without the witness, which is for tests alone.
"""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GLASSBOX = os.environ.get("GLASSBOX", str(ROOT / "glassbox"))
PLAIN = "--no-witness" if os.environ.get("WITNESS") == "no" else "--require-level=isolated"
SEEDS = int(os.environ.get("SEEDS", "2"))
LABS = sorted(path.name for path in (ROOT / "labs").glob("[1-9]-*")
              if path.name[0] in os.environ.get("LABS", "1,2,3,4,5,6").split(","))


def read(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def run(*words, cwd=None):
    return subprocess.run([GLASSBOX, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=300)


class Lab:
    """One lab, and work folders of it."""

    def __init__(self, name):
        self.name = name
        self.number = name.split("-")[0]
        self.own = HERE / name
        self.data = read(ROOT / "labs" / name / "lab.toml")

    def start(self, folder, student, *words):
        done = run("lab", "start", self.number, "--student", student, "--to", folder, *words)
        if done.returncode != 0:
            raise AssertionError(f"lab start {self.number}: {done.stderr}")

    def lay_over(self, folder, student, files):
        """Files of a solution, with the student's parameters in them, over what is in the work folder."""
        with tempfile.TemporaryDirectory(prefix="gbx-lay-") as spare:
            made = pathlib.Path(spare) / "made"
            self.start(made, student, "--with", files)
            for path in files.iterdir():
                shutil.copy(made / path.name, folder / path.name)

    def solve(self, folder, student):
        self.start(folder, student)
        self.lay_over(folder, student, self.own / "reference")
        make = folder / "make.py"
        if make.exists():
            subprocess.run([sys.executable, "make.py"], cwd=folder, check=True)
            make.unlink()

    def check(self, folder):
        done = run("lab", "check", self.number, PLAIN, "--format=json", cwd=folder)
        if done.returncode not in (0, 1):
            raise AssertionError(f"lab check {self.number} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def grade(self, folder, room):
        """The same with all that a learner does not see."""
        bundle, out = room / "handed-in.glassbox.tar.gz", room / "graded"
        for words in (("lab", "submit", self.number, "--folder", folder, "--to", bundle),
                      ("grade", bundle, "--out", out, PLAIN)):
            done = run(*words)
            if done.returncode != 0:
                raise AssertionError(f"{words[0]} of lab {self.number} ended with {done.returncode}: {done.stderr}")
        return json.loads((out / "result.json").read_text())

    @functools.cached_property
    def wrong(self):
        """(folder of files, the fact that has to fail), each once."""
        cases = read(self.own / "cases.toml")["must_fail"]
        beliefs = read(ROOT / "labs" / self.name / "misconceptions.toml")["misconception"]
        return ([(self.own / "must-fail" / case["case"], case["fact"]) for case in cases]
                + [(ROOT / belief["planted"], belief["fact"]) for belief in beliefs])


def fact_of(result, fact):
    return next((found for found in result["facts"] if found["id"] == fact), None)


def brief(result):
    """What a failed test says of a result."""
    facts = [f"{fact['id']}: {fact['verdict']} ({fact['actual']})" for fact in result["facts"] if fact["verdict"] != "pass"]
    return "; ".join([result["verdict"], result["message"], *facts])


class AllLabs(unittest.TestCase):
    """The methods are made below, by name: each lab its own."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="gbx-labs-")
        self.addCleanup(self.temporary.cleanup)
        self.room = pathlib.Path(self.temporary.name)

    def hidden(self, lab, fact):
        """Whether `lab check` leaves this fact out, and grading alone looks at it."""
        entry = next(entry for entry in lab.data["fact"] if entry["id"] == fact)
        hidden_runs = {entry["name"] for entry in lab.data["run"] if entry.get("hidden")}
        return entry.get("visibility", "visible") != "visible" or entry.get("run") in hidden_runs

    def reference(self, lab):
        for seed in range(SEEDS):
            with self.subTest(lab=lab.name, student=f"student-{seed}"):
                folder = self.room / f"student-{seed}"
                lab.solve(folder, f"student-{seed}")
                result = lab.check(folder)
                self.assertEqual(result["verdict"], "pass", brief(result))
                self.assertEqual({fact["verdict"] for fact in result["facts"]} - {"pass", "flaky"}, set(), brief(result))
                wrong = [found["message"] for found in result["explanations"] if found["score"] != found["points"]]
                self.assertEqual(wrong, [], "its explanations have to earn all of their evidence's points")

    def handed_out(self, lab):
        folder = self.room / "as-it-is"
        lab.start(folder, "student-1")
        result = lab.check(folder)
        self.assertIn(result["verdict"], ("fail", "partial"), brief(result))
        self.assertLess(result["score"], result["points"] / 4, "who does nothing has few points")

    def another_student(self, lab):
        """What solves it for one student does not for another."""
        folder = self.room / "copied"
        lab.start(folder, "student-1")
        lab.lay_over(folder, "student-2", lab.own / "reference")
        (folder / "make.py").unlink(missing_ok=True)
        result = lab.check(folder)
        self.assertNotEqual(result["verdict"], "pass", brief(result))

    def wrong(self, lab, files, fact):
        folder = self.room / files.name
        lab.solve(folder, "student-1")
        lab.lay_over(folder, "student-1", files)
        result = lab.grade(folder, self.room) if self.hidden(lab, fact) else lab.check(folder)
        found = fact_of(result, fact)
        self.assertIsNotNone(found, f"{lab.name} has no fact '{fact}'")
        self.assertIn(found["verdict"], ("fail", "partial"), brief(result))

    def told(self, lab):
        """Every fact has points and four hints; every must-fail and misconception is there."""
        facts = {fact["id"]: fact for fact in lab.data["fact"]}
        hints = read(ROOT / "labs" / lab.name / "hints.toml")["hint"]
        for fact in facts.values():
            self.assertGreater(fact["points"], 0, fact["id"])
            self.assertEqual(sorted(hint["rung"] for hint in hints if hint["fact"] == fact["id"]), [1, 2, 3, 4], fact["id"])
        self.assertEqual({fact for _, fact in lab.wrong} - set(facts), set())
        self.assertEqual(set(facts) - {case["fact"] for case in read(lab.own / "cases.toml")["must_fail"]}, set(),
                         "a fact that nothing fails at proves nothing")
        for files, _ in lab.wrong:
            self.assertTrue(files.is_dir() and any(files.iterdir()), files)


def add(name, method, *arguments):
    setattr(AllLabs, name.replace("-", "_"), lambda self: method(self, *arguments))


for _name in LABS:
    _lab = Lab(_name)
    _short = f"lab_{_lab.number}"
    add(f"test_{_short}_is_told_in_full", AllLabs.told, _lab)
    add(f"test_{_short}_the_reference_passes", AllLabs.reference, _lab)
    add(f"test_{_short}_what_is_handed_out_fails", AllLabs.handed_out, _lab)
    add(f"test_{_short}_another_students_work_fails", AllLabs.another_student, _lab)
    for _files, _fact in _lab.wrong:
        add(f"test_{_short}_{_files.name}_fails_at_{_fact}", AllLabs.wrong, _lab, _files, _fact)

if __name__ == "__main__":
    unittest.main()
