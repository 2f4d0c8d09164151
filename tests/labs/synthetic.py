#!/usr/bin/env python3
"""Makes a course with any number of synthetic submissions, and the table that grading them has to give.

    synthetic.py FOLDER --count 2000 [--seed N] [--zoo FOLDER]

FOLDER gets labs/ (the quick lab and the real lab.py), course/ (secret, key, roster), inbox/STUDENT.glassbox.tar.gz, list, and
expected.csv: student, verdict, score, known by how each submission was made, not by grading it. Kinds are mixed by the
seed: the same seed gives the same bytes. With --zoo, the animals of that folder (made for the same lab) are mixed in.

This module knows the form of a bundle and how seeds are drawn, from the design; it asks nothing of the program that
it is there to test.
"""

import argparse
import csv
import gzip
import hashlib
import hmac
import io
import json
import pathlib
import random
import shutil
import sys
import tarfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECRET, KEY = b"a synthetic secret", b"a synthetic key, too"
LAB = 9
POINTS = {"called": 6, "total": 3, "word": 1}
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

def seed_of(student: str) -> str:
    return hmac.new(SECRET, f"lab {LAB}/{student}".encode(), hashlib.sha256).hexdigest()


def drawn(seed: str, name: str, most: int) -> int:
    return int.from_bytes(hmac.new(seed.encode(), name.encode(), hashlib.sha256).digest()[:8], "big") % most


def word_of(student: str) -> str:
    return WORDS[drawn(seed_of(student), "word", len(WORDS))]


def calls_of(student: str) -> int:
    return 3 + drawn(seed_of(student), "calls", 7)


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


def bundle(student: str, files: dict[str, str], **other) -> bytes:
    contents = {name: text.encode() for name, text in files.items()}
    manifest = {"format": "glassbox-bundle 1", "lab": LAB, "student": student, "seed": seed_of(student), "rubric": "sha256:",
                "files": {name: "sha256:" + hashlib.sha256(content).hexdigest() for name, content in sorted(contents.items())},
                "hints": [], "predictions": []} | other
    contents["manifest.json"] = json.dumps(manifest, sort_keys=True).encode()
    return packed([member(name, content) for name, content in sorted(contents.items())])


def with_work(work: str):
    return lambda student: bundle(student, {"work.py": work, "answers.toml": f'word = "{word_of(student)}"\n'})


# ------------------------------------------------------- kinds: how it is made, and what it is worth

def wrong_word(student: str) -> bytes:
    return bundle(student, {"work.py": HONEST, "answers.toml": f'word = "not {word_of(student)}"\n'})


def of_another(student: str) -> bytes:
    return bundle(f"{student}-friend", {"work.py": HONEST, "answers.toml": f'word = "{word_of(student)}"\n'})


def without_a_file(student: str) -> bytes:
    return bundle(student, {"work.py": HONEST})


def cut_short(student: str) -> bytes:
    return with_work(HONEST)(student)[:-40]


def altered(student: str) -> bytes:
    """Other bytes than its manifest lists."""
    whole = {"work.py": HONEST.encode(), "answers.toml": f'word = "{word_of(student)}"\n'.encode()}
    manifest = {"format": "glassbox-bundle 1", "lab": LAB, "student": student, "seed": seed_of(student), "rubric": "sha256:",
                "files": {name: "sha256:" + hashlib.sha256(b"other").hexdigest() for name in whole}, "hints": [], "predictions": []}
    whole["manifest.json"] = json.dumps(manifest, sort_keys=True).encode()
    return packed([member(name, content) for name, content in sorted(whole.items())])


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
    "wrong": (6, lambda student: bundle(student, {"work.py": "def steps(count):\n    return 0\n", "answers.toml": ""}), "fail", 0),
    "syntax": (6, with_work("def steps(count:\n"), "submission-error", 0),
    "raises": (4, with_work("def steps(count):\n    return 1 / 0\n"), "submission-error", 0),
    "no-file": (3, without_a_file, "submission-error", 0),
    "cut": (3, cut_short, "submission-error", 0),
    "altered": (3, altered, "submission-error", 0),
    "spins": (3, with_work("def steps(count):\n    while True:\n        pass\n"), "limit:cpu", 0),
    "sleeps": (1, with_work("import time\n\n\ndef steps(count):\n    time.sleep(60)\n"), "limit:wall", 0),
    "floods": (2, with_work("def steps(count):\n    while True:\n        print('x' * 1000)\n"), "limit:output", 0),
    "hoards": (2, with_work("def steps(count):\n    return len([bytearray(1 << 26) for _ in range(99)])\n"), "limit:memory", 0),
    "stolen": (2, of_another, "violation", 0),
    "link": (1, with_a_link, "violation", 0),
    "upwards": (1, going_up, "violation", 0),
}


# --------------------------------------------------------------------------------- a class

def mixed(count: int, seed: int) -> list[str]:
    """A kind for each of `count` students: each kind at least once, where there is room, the rest by weight."""
    chance = random.Random(seed)
    names = list(KINDS)
    kinds = names[:count] + chance.choices(names, [KINDS[name][0] for name in names], k=max(0, count - len(names)))
    chance.shuffle(kinds)
    return kinds


def animals(zoo: pathlib.Path | None) -> list[tuple[str, bytes, str, float]]:
    """What is in a folder of animals, by its table: NAME.glassbox.tar.gz of the student NAME."""
    if zoo is None:
        return []
    with open(zoo / "expected.csv", encoding="utf-8", newline="") as table:
        return [(row["student"], (zoo / f"{row['student']}.glassbox.tar.gz").read_bytes(), row["verdict"], float(row["score"]))
                for row in csv.DictReader(table)]


def make_course(folder: pathlib.Path, students: list[str]) -> None:
    labs, course = folder / "labs", folder / "course"
    labs.mkdir(parents=True)
    course.mkdir()
    shutil.copy(ROOT / "labs" / "lab.py", labs)
    shutil.copytree(HERE / "quick" / "9-quick", labs / "9-quick", ignore=shutil.ignore_patterns("__pycache__"))
    (course / "course.toml").write_text('name = "synthetic"\nsecret_file = "secret"\nroster = "roster.csv"\nkey_file = "key"\n')
    (course / "secret").write_bytes(SECRET)
    (course / "key").write_bytes(KEY)
    for name in ("secret", "key"):
        (course / name).chmod(0o600)
    (course / "roster.csv").write_text("id,name\n" + "".join(f"{student},{student}\n" for student in students))


def make(folder: pathlib.Path, count: int, seed: int = 1, zoo: pathlib.Path | None = None) -> list[tuple[str, str, float]]:
    """All of it; the expected rows."""
    wild = animals(zoo)
    kinds = mixed(max(count - len(wild), 0), seed)
    rows = [(f"s{number:04d}", kind) for number, kind in enumerate(kinds)]
    make_course(folder, [student for student, _kind in rows] + [animal[0] for animal in wild])
    inbox = folder / "inbox"
    inbox.mkdir()
    expected = []
    for student, kind in rows:
        _weight, how, verdict, score = KINDS[kind]
        (inbox / f"{student}.glassbox.tar.gz").write_bytes(how(student))
        expected.append((student, verdict, score))
    for student, content, verdict, score in wild:
        (inbox / f"{student}.glassbox.tar.gz").write_bytes(content)
        expected.append((student, verdict, score))
    random.Random(seed).shuffle(order := list(expected))
    (folder / "list").write_text("".join(f"{student}\t{inbox}/{student}.glassbox.tar.gz\n" for student, *_rest in order))
    with open(folder / "expected.csv", "w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows([("student", "verdict", "score"), *sorted(expected)])
    return sorted(expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--zoo", type=pathlib.Path)
    arguments = parser.parse_args()
    make(arguments.folder.resolve(), arguments.count, arguments.seed, arguments.zoo)


if __name__ == "__main__":
    main()
