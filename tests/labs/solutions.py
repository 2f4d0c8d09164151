"""Submissions to the labs, made ready to be graded: references, beginnings, cases that have to fail, beliefs.

For the tests of the labs themselves and of whatever grades them. A lab's solutions stand in tests/labs/N-name:

    reference/                 what passes; filled in like the lab's own start/. If there is a make.py among the files, it is
                               run in the filled folder (it writes what depends on the variant) and taken away
    must-fail/CASE/            files that are laid over the reference; cases.toml says which fact fails because of them
    misconceptions/ID/         the same, for each belief of the lab's misconceptions.toml

This module makes folders and bundles, and calls ./glassbox for it. It must not say what a result should be.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GLASSBOX = ROOT / os.environ.get("GLASSBOX", "glassbox")
LABS = Path(os.environ.get("GLASSBOX_LABS", ROOT / "labs"))


class Lab:
    """A lab with its solutions."""

    def __init__(self, folder, solutions=None):
        self.folder = Path(folder)
        self.solutions = Path(solutions) if solutions else ROOT / "tests/labs" / self.folder.name
        self.data = self._read(self.folder / "lab.toml")
        self.number = self.data["number"]
        self.facts = self.data["fact"]
        self.hints = self._read(self.folder / "hints.toml").get("hint", [])
        self.misconceptions = self._read(self.folder / "misconceptions.toml").get("misconception", [])
        self.must_fail = self._read(self.solutions / "cases.toml").get("must_fail", [])

    @staticmethod
    def _read(path):
        with open(path, "rb") as file:
            return tomllib.load(file)

    @property
    def reference(self):
        return self.solutions / "reference"

    def case(self, name):
        return self.solutions / "must-fail" / name

    def planted(self, misconception):
        """Its folder: below the solutions, whatever folder the lab says that they are in."""
        return self.solutions / "misconceptions" / Path(misconception["planted"]).name


def folders():
    """Those of all labs, in order."""
    return sorted(path.parent for path in LABS.glob("[0-9]*-*/lab.toml"))


def labs():
    """All labs, in order."""
    return [Lab(folder) for folder in folders()]


def glassbox(*arguments, **options):
    """Run the program; what it printed is in the exception if it fails."""
    done = subprocess.run([GLASSBOX, *map(str, arguments)], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError(f"glassbox {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def start(lab, folder, student, *layers, seed=None):
    """A work folder of this student: the lab's beginning, and over it the files of each layer, filled in."""
    folder = Path(folder)
    identity = ["--student", student, *(["--seed", seed] if seed else [])]
    glassbox("lab", "start", lab.number, *identity, "--to", folder, *(["--with", layers[0]] if layers else []))
    maker = folder / "make.py"
    if maker.exists():
        subprocess.run([sys.executable, "-B", maker.name], cwd=folder, check=True)
        maker.unlink()
    for layer in layers[1:]:
        filled = folder.with_name(folder.name + ".layer")
        glassbox("lab", "start", lab.number, *identity, "--to", filled, "--with", layer)
        for path in Path(layer).iterdir():
            shutil.copy(filled / path.name, folder / path.name)
        shutil.rmtree(filled)
    return folder


def bundle(lab, folder, path):
    """The bundle of a work folder."""
    glassbox("lab", "submit", lab.number, "--folder", folder, "--to", path)
    return path


class Batch:
    """Submissions that are graded together, each by a name that is its student's."""

    def __init__(self, folder, jobs=2, witness=True):
        self.folder = Path(folder)
        self.jobs = jobs
        self.witness = witness
        self.lines = []
        (self.folder / "bundles").mkdir(parents=True)

    def add(self, lab, name, *layers, seed=None):
        """A submission of the lab: nothing but its beginning, or the layers over it."""
        work = start(lab, self.folder / "work" / name, name, *layers, seed=seed)
        path = bundle(lab, work, self.folder / "bundles" / f"{name}.glassbox.tar.gz")
        self.lines.append(f"{name}\t{path}\n")

    def grade(self):
        """Grade them all: name -> result."""
        listed = self.folder / "list"
        listed.write_text("".join(self.lines))
        out = self.folder / "out"
        witness = [] if self.witness else ["--no-witness"]
        done = subprocess.run([GLASSBOX, "grade", f"--batch={listed}", "-j", str(self.jobs), "--out", out, *witness],
                              capture_output=True, text=True, check=False)
        results = {}
        for line in self.lines:
            name = line.split("\t")[0]
            try:
                results[name] = json.loads((out / name / "result.json").read_text())
            except FileNotFoundError:
                raise RuntimeError(f"no result for {name}\n{done.stdout[-4000:]}{done.stderr[-4000:]}") from None
        return results
