"""Honest work of all six labs, under the witness and in the sandbox: it agrees with every run.

Each lab's reference, for students whose seeds differ; whether the facts hold is not asked here.  In its small form one student a lab;
GLASSBOX_WITNESS_LABS=N takes N students in all (200, for the full form).
"""

import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["GLASSBOX_ROOT"])
GLASSBOX = os.environ["GLASSBOX"]
LABS = sorted(path for path in (ROOT / "labs").glob("[0-9]-*") if (path / "lab.toml").exists())
STUDENTS = int(os.environ.get("GLASSBOX_WITNESS_LABS", "0"))


def check(lab, student, folder):
    """The result of a lab's reference, as grading would write it."""
    number, work = lab.name.split("-")[0], os.path.join(folder, student)
    seed = hashlib.sha256(student.encode()).hexdigest()
    subprocess.run([GLASSBOX, "lab", "start", number, f"--student={student}", f"--seed={seed}", f"--to={work}",
                    f"--with={ROOT / 'tests/labs' / lab.name / 'reference'}"], check=True, capture_output=True)
    done = subprocess.run([GLASSBOX, "lab", "check", number, f"--folder={work}", "--format=json"],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise AssertionError(f"'lab check {number}' ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class LabsAgree(unittest.TestCase):
    def agree(self, lab):
        count = STUDENTS // len(LABS) + (LABS.index(lab) < STUDENTS % len(LABS)) if STUDENTS else 1
        for n in range(count):
            student = f"witness-{lab.name}-{n}"
            with self.subTest(student=student), tempfile.TemporaryDirectory() as folder:
                result = check(lab, student, folder)
                self.assertIsNone(result["violation"], result["message"])
                self.assertTrue(result["host"]["witness"]["on"])
                self.assertNotIn(result["verdict"], ("infrastructure", "submission-error"), result["message"])


def add(lab):
    def test(self):
        if not (ROOT / "tests/labs" / lab.name / "reference").is_dir():
            self.skipTest("cannot run here: the lab has no reference")
        self.agree(lab)

    setattr(LabsAgree, f"test_lab_{lab.name.replace('-', '_')}", test)


for each in LABS:
    add(each)
