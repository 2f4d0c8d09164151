#!/usr/bin/env python3
"""Makes a course with any number of synthetic submissions, and the table that grading them has to give.

    synthetic.py FOLDER --count 2000 [--seed N]

FOLDER gets labs/ (the quick lab, the tiny lab, the real lab.py), course/ (secret, key, roster), inbox/STUDENT.glassbox.tar.gz,
list, and expected.csv: student, kind, verdict, score, known by how each submission was made, not by grading it (a score that only
the tiny lab knows is empty). Kinds are mixed by the seed: the same seed gives the same bytes. One in eight is an animal
of the zoo (zoo/zoo.toml), handed in for the tiny lab.

This module knows the form of a bundle and how seeds are drawn, from the design; it asks nothing of the program that
it is there to test.
"""

import argparse
import base64
import csv
import dataclasses
import functools
import gzip
import hashlib
import hmac
import io
import json
import pathlib
import random
import re
import shutil
import sys
import tarfile
import tempfile
import tomllib
import types
import zlib

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECRET, KEY = b"a synthetic secret", b"a synthetic key, too"
QUICK, TINY = 8, 9                     # the labs' numbers
ANIMALS = 8                            # one in so many is one
WALL_S = 12.0
WORDS = ("ada", "grace", "barbara", "radia")

HONEST = """\
def step():
    pass


def steps(count):
    for _ in range(count):
        step()
    return count
"""


# ------------------------------------------------------------------------------- a student

def seed_of(student: str, lab: int = QUICK) -> str:
    return hmac.new(SECRET, f"lab {lab}/{student}".encode(), hashlib.sha256).hexdigest()


def drawn(seed: str, name: str, most: int) -> int:
    return int.from_bytes(hmac.new(seed.encode(), name.encode(), hashlib.sha256).digest()[:8], "big") % most


def word_of(student: str) -> str:
    return WORDS[drawn(seed_of(student), "word", len(WORDS))]


# -------------------------------------------------------------------------------- a bundle

def packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(inner.getvalue(), mtime=0)


def member(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    return info, content


def manifest_of(student: str, lab: int, sums: dict[str, bytes]) -> bytes:
    files = {name: "sha256:" + hashlib.sha256(content).hexdigest() for name, content in sorted(sums.items())}
    return json.dumps({"format": "glassbox-bundle 1", "lab": lab, "student": student, "seed": seed_of(student, lab),
                       "rubric": "sha256:", "files": files, "hints": [], "predictions": []}, sort_keys=True).encode()


def bundle(student: str, files: dict[str, str], lab: int = QUICK, listed: dict[str, bytes] | None = None) -> bytes:
    contents = {name: text.encode() for name, text in files.items()}
    contents["manifest.json"] = manifest_of(student, lab, contents if listed is None else listed)
    return packed([member(name, content) for name, content in sorted(contents.items())])


def with_work(work: str):
    return lambda student: bundle(student, {"work.py": work, "answers.toml": f'word = "{word_of(student)}"\n'})


# ------------------------------------------------------- kinds: how it is made, and what it is worth

def wrong_word(student: str) -> bytes:
    return bundle(student, {"work.py": HONEST, "answers.toml": f'word = "not {word_of(student)}"\n'})


def empty(student: str) -> bytes:
    return bundle(student, {"work.py": "def steps(count):\n    return 0\n", "answers.toml": ""})


def of_another(student: str) -> bytes:
    return bundle(f"{student}-friend", {"work.py": HONEST, "answers.toml": f'word = "{word_of(student)}"\n'})


def without_a_file(student: str) -> bytes:
    return bundle(student, {"work.py": HONEST})


def cut_short(student: str) -> bytes:
    return with_work(HONEST)(student)[:-40]


def altered(student: str) -> bytes:
    """Other bytes than its manifest lists."""
    return bundle(student, {"work.py": HONEST, "answers.toml": ""}, listed={"work.py": b"other", "answers.toml": b""})


def with_a_link(student: str) -> bytes:
    info = tarfile.TarInfo("notes.md")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return packed([member("answers.toml", b""), (info, b""), member("work.py", HONEST.encode())])


def going_up(student: str) -> bytes:
    return packed([member("../../escaped", b"x"), member("work.py", HONEST.encode())])


KINDS = {
    # name: (how many of a hundred, how it is made, verdict, score)
    "full": (33, with_work(HONEST), "pass", 10),
    "wrong-word": (8, wrong_word, "partial", 9),
    "wrong-total": (8, with_work(HONEST.replace("return count", "return count + 1")), "partial", 7),
    "one-too-few": (8, with_work(HONEST.replace("range(count)", "range(count - 1)")), "partial", 4),
    "nothing": (6, with_work("def step():\n    pass\n\n\ndef steps(count):\n    return None\n"), "partial", 1),
    "wrong": (6, empty, "fail", 0),
    "syntax": (6, with_work("def steps(count:\n"), "submission-error", 0),
    "raises": (4, with_work("def steps(count):\n    return 1 / 0\n"), "submission-error", 0),
    "no-file": (3, without_a_file, "submission-error", 0),
    "cut": (3, cut_short, "submission-error", 0),
    "altered": (3, altered, "submission-error", 0),
    "spins": (3, with_work("def steps(count):\n    while True:\n        pass\n"), "limit:cpu", 0),
    "sleeps": (1, with_work("import time\n\n\ndef steps(count):\n    time.sleep(60)\n"), "limit:wall", 0),
    "floods": (2, with_work("def steps(count):\n    while True:\n        print('x' * 1000)\n"), "limit:output", 0),
    "hoards": (2, with_work("def steps(count):\n    return len(bytearray(1 << 29))\n"), "limit:memory", 0),
    "stolen": (2, of_another, "violation", 0),
    "link": (1, with_a_link, "violation", 0),
    "upwards": (1, going_up, "violation", 0),
}


# ----------------------------------------------------------------------------------- animals

class Stage:
    """What the zoo's cages ask a stage for: the note of a student's work folder, and new names."""

    def __init__(self, folder: pathlib.Path, student: str) -> None:
        self.folder, self.student, self.made = folder, student, 0

    def new(self, name: str) -> pathlib.Path:
        self.made += 1
        return self.folder / f"{self.student}-{name}-{self.made}"

    def work(self) -> pathlib.Path:
        folder = self.new("work")
        folder.mkdir()
        note = {"lab": TINY, "student": self.student, "seed": seed_of(self.student, TINY), "rubric": "sha256:", "hints": []}
        (folder / "lab.json").write_text(json.dumps(note), encoding="utf-8")
        return folder


@functools.cache
def zoo() -> tuple[list[dict], types.ModuleType]:
    """The table, without what needs words of its own on the command line, and the cages."""
    sys.path[:0] = [str(HERE / "zoo"), str(HERE / "tiny")]
    import cages
    with open(HERE / "zoo" / "zoo.toml", "rb") as file:
        whole = tomllib.load(file)["animal"]
    return [animal for animal in whole if not {"words", "lab", "status", "like_work", "ctypes"} & set(animal)], cages


@functools.cache
def library() -> str:
    return base64.b64encode(zlib.compress(zoo()[1].library(), 9)).decode()


def caught(animal: dict, student: str, folder: pathlib.Path) -> bytes:
    if "bundle" in animal:
        return getattr(zoo()[1], animal["bundle"])(Stage(folder, student)).read_bytes()
    source = (HERE / "zoo" / "animals" / f"{animal['name']}.py").read_text(encoding="utf-8")
    calls = 60 + drawn(seed_of(student, TINY), "calls", 31)
    source = source.replace("{{known}}", str(sum(range(calls))))
    if "{{library}}" in source:
        source = source.replace("{{library}}", library())
    return bundle(student, {"work.py": source}, TINY)


def animal_kinds(count: int, witness: bool, chance: random.Random) -> list[dict]:
    """So many animals, all different as long as there are any; the one that does nothing is among them, as a measure."""
    tame = {"name": "nothing", "verdict": "partial", "gains": "nothing"}
    wild = [animal for animal in zoo()[0] if witness or not animal.get("witness")]
    chosen = [tame]
    while len(chosen) < count:
        chosen += chance.sample(wild, min(len(wild), count - len(chosen)))
    return chosen[:count]


# --------------------------------------------------------------------------------- a class

@dataclasses.dataclass(order=True)
class Expected:
    student: str
    kind: str
    verdict: str
    score: float | None                # None: only the lab knows
    like: str = ""                     # this student's score is the same


def mixed(count: int, chance: random.Random) -> list[str]:
    """A kind for each of `count` students: each kind at least once, where there is room, the rest by weight."""
    names = list(KINDS)
    kinds = names[:count] + chance.choices(names, [KINDS[name][0] for name in names], k=max(0, count - len(names)))
    chance.shuffle(kinds)
    return kinds


def make_course(folder: pathlib.Path, students: list[str]) -> None:
    labs, course = folder / "labs", folder / "course"
    labs.mkdir(parents=True)
    course.mkdir()
    shutil.copy(ROOT / "labs" / "lab.py", labs)
    for lab in (HERE / "quick" / "8-quick", HERE / "tiny" / "9-tiny"):
        shutil.copytree(lab, labs / lab.name, ignore=shutil.ignore_patterns("__pycache__"))
        rules = labs / lab.name / "lab.toml"           # so long that no load of the machine is taken for sleep
        rules.write_text(re.sub(r"(?m)^wall = .*$", f"wall = {WALL_S}", rules.read_text(encoding="utf-8")), encoding="utf-8")
    (course / "course.toml").write_text('name = "synthetic"\nsecret_file = "secret"\nroster = "roster.csv"\nkey_file = "key"\n')
    (course / "secret").write_bytes(SECRET)
    (course / "key").write_bytes(KEY)
    for name in ("secret", "key"):
        (course / name).chmod(0o600)
    (course / "roster.csv").write_text("id,name\n" + "".join(f"{student},{student}\n" for student in students))


def make(folder: pathlib.Path, count: int, seed: int = 1, witness: bool = True) -> list[Expected]:
    """All of it; what is to come out."""
    chance = random.Random(seed)
    wild = animal_kinds(count // ANIMALS, witness, chance)
    kinds = mixed(count - len(wild), chance) + wild
    order = list(range(count))
    chance.shuffle(order)
    students = [f"s{number:04d}" for number in order]
    make_course(folder, sorted(students))
    inbox, expected = folder / "inbox", []
    inbox.mkdir()
    measure = students[count - len(wild)] if wild else ""        # who does nothing
    with tempfile.TemporaryDirectory(prefix="glassbox-synthetic-") as scratch:
        for student, kind in zip(students, kinds, strict=True):
            if isinstance(kind, dict):
                content = caught(kind, student, pathlib.Path(scratch))
                score = 0 if kind["verdict"] == "violation" else None        # else by the facts of its other runs
                expected.append(Expected(student, kind["name"], kind["verdict"], score,
                                         measure if kind.get("gains") == "nothing" else ""))
            else:
                _weight, how, verdict, points = KINDS[kind]
                content = how(student)
                expected.append(Expected(student, kind, verdict, points))
            (inbox / f"{student}.glassbox.tar.gz").write_bytes(content)
    chance.shuffle(students)
    (folder / "list").write_text("".join(f"{student}\t{inbox}/{student}.glassbox.tar.gz\n" for student in students))
    expected.sort()
    with open(folder / "expected.csv", "w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows(
            [("student", "kind", "verdict", "score"), *((one.student, one.kind, one.verdict, one.score) for one in expected)])
    return expected


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    make(arguments.folder.resolve(), arguments.count, arguments.seed)


if __name__ == "__main__":
    main()
