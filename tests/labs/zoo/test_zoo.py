"""The zoo: twenty-five ways to cheat a grader or to break it, each an animal or several, with the verdict it has to get.

zoo.toml says for each animal which way it is of, what is expected, and why. Each is graded for real by `glassbox grade`; then
the judgement is compared with the table (where it is to gain nothing: with the judgement on a submission that does nothing),
and after each the place is looked at: no process of it lives, nothing lies in the folder for temporary files or beside
result.json, no mount and no descriptor has been added. The table of all animals is printed at the end, and kept in
build/tests/zoo.txt.

ZOO=NAME,NAME grades these alone. WITNESS=no in the environment grades without the witness: what only a witness can name is
skipped then.
"""

import base64
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import typing
import unittest
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tiny")]
import cages
import tiny

WITNESS = os.environ.get("WITNESS") != "no"
PLAIN = "--require-level=isolated" if WITNESS else "--no-witness"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
PR_SET_CHILD_SUBREAPER = 36


def table():
    with open(HERE / "zoo.toml", "rb") as file:
        animals = tomllib.load(file)["animal"]
    chosen = os.environ.get("ZOO", "").split(",")
    return [animal for animal in animals if chosen == [""] or animal["name"] in chosen]


def mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


def orphans():
    """The processes that the last grading left: they are our children since their own parents ended. Zombies are reaped."""
    until = time.monotonic() + 0.5
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            if time.monotonic() > until:
                children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
                return [pathlib.Path("/proc", child, "cmdline").read_bytes().replace(b"\0", b" ") for child in children]
            time.sleep(0.01)


class Zoo(unittest.TestCase):
    rows: typing.ClassVar = []

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="glassbox-zoo-", dir="/tmp")
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        folder.chmod(0o755)
        (folder / "stage").mkdir()
        cls.temporary = folder / "tmp"
        cls.temporary.mkdir()
        cls.stage = tiny.Stage(folder / "stage")
        cls.strict = folder / "strict"
        shutil.copytree(cls.stage.labs, cls.strict)
        rules = cls.strict / "9-tiny" / "lab.toml"
        rules.write_text(rules.read_text(encoding="utf-8").replace("ctypes = true", "ctypes = false"), encoding="utf-8")
        cls.stage.env |= {"TMPDIR": str(cls.temporary)}
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        cls.nothing = cls.stage.grade(cls.stage.bundle(cls.work("nothing")), PLAIN)

    @classmethod
    def tearDownClass(cls):
        text = "\n".join(cages.lines_of(cls.rows)) + "\n"
        print(text)
        place = tiny.ROOT / "build" / "tests"
        if os.access(place, os.W_OK) and os.geteuid() == place.stat().st_uid and "ZOO" not in os.environ:
            (place / "zoo.txt").write_text(text, encoding="utf-8")

    @classmethod
    def work(cls, name, student="ann"):
        """A work folder with the animal as its work.py."""
        source = (HERE / "animals" / f"{name}.py").read_text(encoding="utf-8")
        if "{{known}}" in source:
            folder = cls.stage.work(student=student)
            calls = int(re.search(r"called (\d+) times", (folder / "task.md").read_text(encoding="utf-8")).group(1))
            source = source.replace("{{known}}", str(sum(range(calls))))
        if "{{library}}" in source:
            source = source.replace("{{library}}", base64.b64encode(zlib.compress(cages.library(), 9)).decode())
        return cls.stage.work(source, student=student)

    def grade(self, animal):
        """The result of grading it, and the folder that it is in."""
        name = animal["name"]
        words = [word.format(**animal) for word in animal.get("words", [])]
        if "bundle" in animal:
            bundle = getattr(cages, animal["bundle"])(self.stage)
        else:
            bundle = self.stage.bundle(self.work(animal.get("like_work", name)))
        out = self.stage.new("out")
        status = animal.get("status", 0)
        env = {"GLASSBOX_LABS": str(tiny.ROOT / "labs")} if animal.get("lab", 9) != 9 else {}
        if animal.get("ctypes") is False:
            env = {"GLASSBOX_LABS": str(self.strict)}
        self.stage.run("grade", bundle, "--out", out, PLAIN, *words, status=status, env=env)
        self.assertEqual(sorted(path.name for path in out.iterdir()), ["result.json"])
        return json.loads((out / "result.json").read_text(encoding="utf-8")), bundle

    def nothing_is_left(self, before):
        left = [f"process {words!r}" for words in orphans()]
        left += [f"file {path.name}" for path in self.temporary.iterdir()]
        left += ["a mount"] * (mounts() != before[0])
        left += ["a descriptor"] * (descriptors() != before[1])
        return left

    def as_expected(self, animal, result):
        self.assertEqual(result["verdict"], animal["verdict"], result["message"])
        if animal["verdict"] == "violation":
            self.assertEqual(result["violation"]["name"], animal["violation"], result["message"])
        if animal["verdict"] == "violation":
            self.assertEqual(result["score"], 0)
        if "says" in animal:
            self.assertRegex(cages.said(result), animal["says"])
        if "never_says" in animal:
            self.assertNotRegex(json.dumps(result), animal["never_says"])
        if animal.get("gains") == "nothing":
            self.assertEqual(tiny.facts(result), tiny.facts(self.nothing))
            self.assertEqual(result["score"], self.nothing["score"])
        for fact, verdict in animal.get("facts", {}).items():
            self.assertEqual(tiny.facts(result)[fact], verdict)
        for text in cages.texts_of(result):
            self.assertIsNone(CONTROL.search(text), f"a control character in {text!r}")

    def test_every_animal_gets_its_verdict_and_leaves_nothing(self):
        for animal in table():
            with self.subTest(animal["name"]):
                if animal.get("witness") and not WITNESS:
                    continue
                if not WITNESS:
                    animal = animal | animal.get("without", {})
                before, began = (mounts(), descriptors()), time.monotonic()
                result, _ = self.grade(animal)
                took = time.monotonic() - began
                left = self.nothing_is_left(before)
                Zoo.rows.append((animal, result, left, took))
                self.as_expected(animal, result)
                self.assertEqual(left, [])

    def test_a_grader_that_is_killed_at_any_moment_leaves_no_process_and_no_mount(self):
        bundle = self.stage.bundle(self.work("sleeps_for_ever"))
        before = mounts()
        for ms in (5, 20, 40, 60, 80, 100, 130, 170, 250, 400, 700):
            grader = subprocess.Popen([tiny.GLASSBOX, "grade", bundle, "--out", self.stage.new("out"), PLAIN], env=os.environ | self.stage.env,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(ms / 1000)
            grader.kill()
            grader.wait()
            self.assertEqual(orphans(), [], f"killed after {ms} ms")
        self.assertEqual(mounts(), before)
        shutil.rmtree(self.temporary)                # its files on the disk: a batch clears them away when it goes on
        self.temporary.mkdir()

    def test_every_way_has_an_animal_and_every_animal_a_reason(self):
        with open(HERE / "zoo.toml", "rb") as file:
            whole = tomllib.load(file)
        self.assertEqual(sorted({animal["way"] for animal in whole["animal"]}), list(range(1, 26)))
        self.assertEqual(len(whole["ways"]), 25)
        for animal in whole["animal"]:
            self.assertGreater(len(animal["why"]), 30, animal["name"])
        files = {path.stem for path in (HERE / "animals").glob("*.py")} - {"nothing"}
        used = {animal.get("like_work", animal["name"]) for animal in whole["animal"] if "bundle" not in animal}
        self.assertEqual(files, used | (files & cages.USED))

    def test_checking_and_grading_see_the_same_place(self):
        """The animal says a sum of all that it sees; the learner's check, the grader's run, and another grader's, agree."""
        work = self.work("tells_where_it_is")
        told = [cages.said(self.stage.check(work, PLAIN)), cages.said(self.stage.grade(self.stage.bundle(work), PLAIN)),
                cages.said(self.stage.grade(self.stage.bundle(work), PLAIN, "--attempt=2"))]
        sums = [re.search("seen ([0-9a-f]{16})", text).group(1) for text in told]
        self.assertEqual(len(set(sums)), 1, told)

    def test_what_it_says_is_harmless_in_every_gradebook(self):
        animal = {"name": "writes_escape_codes"}
        result, _ = self.grade(animal)
        folder = self.stage.new("results")
        (folder / "ann").mkdir(parents=True)
        (folder / "ann" / "result.json").write_text(json.dumps(result), encoding="utf-8")
        formats = re.findall(r"(?m)^ +([a-z0-9-]+) +", self.stage.run("gradebook", "--help").stdout)
        made = 0
        for name in formats:
            out = self.stage.new("book")
            done = self.stage.run("gradebook", folder, "--format", name, "--out", out, status=None)
            if done.returncode != 0:
                continue
            for path in out.rglob("*"):
                if path.is_file():
                    made += 1
                    text = path.read_text(encoding="utf-8")
                    self.assertIsNone(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]|\\\\u001b|\\\\u009b", text), path)
                    if path.suffix in (".xml", ".html"):
                        self.assertNotIn("<script", text)
                        self.assertNotIn("<img", text)
        self.assertGreater(made, 0)


if __name__ == "__main__":
    unittest.main()
