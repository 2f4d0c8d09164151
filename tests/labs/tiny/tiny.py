"""What tests of the grading engine share: the tiny lab in a folder of its own, work folders, bundles, results."""

import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

ROOT = pathlib.Path(os.environ.get("GLASSBOX_ROOT", pathlib.Path(__file__).resolve().parents[3]))
GLASSBOX = os.environ.get("GLASSBOX", str(ROOT / "glassbox"))
TINY = ROOT / "tests" / "labs" / "tiny"


class Stage:
    """A folder with the tiny lab, and all that a test makes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.labs = self.folder / "labs"
        self.labs.mkdir()
        shutil.copy(ROOT / "labs" / "lab.py", self.labs)
        shutil.copytree(TINY / "9-tiny", self.labs / "9-tiny")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GLASSBOX_COURSE")}
        self.env |= {"GLASSBOX_LABS": str(self.labs), "NO_COLOR": "1"}
        self.made = 0

    def run(self, *words, status=0, **more):
        """./glassbox WORDS; its output, when it ended with the status."""
        done = subprocess.run([GLASSBOX, *map(str, words)], capture_output=True, text=True, timeout=120,
                              env=self.env | more.pop("env", {}), **more)
        if status is not None and done.returncode != status:
            raise AssertionError(f"{words}: status {done.returncode}, not {status}\n{done.stdout}\n{done.stderr}")
        return done

    def new(self, name):
        self.made += 1
        return self.folder / f"{name}-{self.made}"

    def work(self, source=None, *, student="ann", **files):
        """A work folder with this work.py (the reference solution without one) and other files."""
        folder = self.new("work")
        self.run("lab", "start", 9, "--student", student, "--to", folder, "--with", TINY / "reference")
        if source is not None:
            (folder / "work.py").write_text(source)
            (folder / "explain.toml").unlink()
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text)
        return folder

    def check(self, folder, *words, status=None):
        """The result of `lab check`."""
        done = self.run("lab", "check", 9, "--folder", folder, "--format=json", *words, status=status)
        if not done.stdout:
            raise AssertionError(f"no result: {done.stderr}")
        return json.loads(done.stdout)

    def bundle(self, folder, **manifest):
        """What `lab submit` writes, made here: so that a test may write what it never would."""
        note = json.loads((folder / "lab.json").read_text())
        names = [n for n in ("work.py", "answers.toml", "explain.toml", "notes.md") if (folder / n).exists()]
        files = {name: (folder / name).read_bytes() for name in sorted(names)}
        head = {"format": "glassbox-bundle 1", "lab": 9, "student": note["student"], "seed": note["seed"],
                "rubric": note["rubric"], "hints": note["hints"], "predictions": [],
                "files": {name: "sha256:" + hashlib.sha256(data).hexdigest() for name, data in files.items()}}
        path = self.new("bundle").with_suffix(".glassbox.tar.gz")
        with tarfile.open(path, "w:gz") as archive:
            for name, data in ({"manifest.json": json.dumps(head | manifest).encode()} | files).items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return path

    def grade(self, bundle, *words, status=0, env=None):
        """The result of `grade`."""
        out = self.new("out")
        done = self.run("grade", bundle, "--out", out, *words, status=status, env=env or {})
        path = out / "result.json"
        return json.loads(path.read_text()) if path.exists() else done


def facts(result):
    """id -> verdict"""
    return {fact["id"]: fact["verdict"] for fact in result["facts"]}


def judgement(result, *, hidden=True):
    """All of a result but its host block; without hidden facts, and the sums that they are in, if so asked."""
    kept = {k: v for k, v in result.items() if k not in ("host", "seal")}
    if not hidden:
        kept["facts"] = [fact for fact in kept["facts"] if fact["visibility"] == "visible"]
        for key in ("score", "points", "message"):
            del kept[key]
    return json.dumps(kept, indent=1)
