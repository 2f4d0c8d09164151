"""What the tests of `glassbox gradebook` share: the command, a course, a folder of results."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import results
from results import explanation, fact, prediction, result

GLASSBOX = os.environ["GLASSBOX"]
KEY = "a key of more than sixteen bytes"
DUE = "2026-11-30T12:00:00Z"
# What the command would take from the environment of whoever runs the tests.
OURS = {"GLASSBOX_COURSE", "CLASSROOM", "ASSIGNMENT", "ASSIGNMENT_TYPE", "OWNER", "USERNAME"} | {
    "SUBMISSION_TAG",
    "COMMIT_URL",
    "RELEASE_URL",
    "REVIEW_URL",
}


def run(*arguments, program=GLASSBOX, text=None, **more):
    """What a program says, to the byte: no line end is translated."""
    done = subprocess.run(
        [program, *map(str, arguments)],
        check=False,
        capture_output=True,
        input=None if text is None else text.encode(),
        **more,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def gradebook(*arguments, status=0):
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    done = run("gradebook", *arguments, env=environment, timeout=60)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {arguments}\n{done.stderr}{done.stdout[:2000]}")
    return done.stdout


def make_course(folder, published=False, key=False, roster=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    text = [f'name = "internals-26"\ndue = {DUE}\npublished = {str(published).lower()}\n']
    (folder / "secret").write_text("a secret that nobody knows\n")
    if key:
        (folder / "key").write_text(KEY + "\n")
        text.append('key_file = "key"\n')
    if roster:
        (folder / "roster.csv").write_text("id,name\n" + "".join(f"{one},{name}\n" for one, name in roster))
        text.append('roster = "roster.csv"\n')
    (folder / "course.toml").write_text("".join(text))
    return folder


def plain(student="ann"):
    return result(
        student,
        [fact("loads"), fact("misses", "fail")],
        [explanation("why", "pass", 5, person=5)],
        [prediction("fate", "wrong", 2, 4, "a-miss-is-an-error")],
    )


class Folder(unittest.TestCase):
    """A folder of results, for each test."""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.at = pathlib.Path(self.place.name)
        self.results = self.at / "results"
        self.results.mkdir()

    def write(self, *all_results):
        for one in all_results:
            results.write(self.results, one)
        return self.results
