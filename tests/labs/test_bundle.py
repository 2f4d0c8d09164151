"""`glassbox lab submit`, and what becomes of bundles that it never made.

A work folder of lab 1 is begun anew for each test. Hostile archives are made here with tarfile, entry by entry, and graded for
real: each has to end as the named verdict, with nothing written beside result.json and nothing left behind.
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("GLASSBOX_ROOT", pathlib.Path(__file__).resolve().parents[2]))
GLASSBOX = os.environ.get("GLASSBOX", str(ROOT / "glassbox"))


class Folders(unittest.TestCase):
    """A scratch folder, and a temporary one for the program, which has to be empty in the end."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="glassbox-bundle-")
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)
        self.temporary = self.scratch / "tmp"
        self.temporary.mkdir(mode=0o755)
        self.scratch.chmod(0o755)

    def tearDown(self):
        self.assertEqual(list(self.temporary.iterdir()), [], "something was left in TMPDIR")

    def glassbox(self, *arguments, status=0, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GLASSBOX"))}
        done = subprocess.run([GLASSBOX, *map(str, arguments)], env=clean | {"TMPDIR": str(self.temporary)} | environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done


class Submit(Folders):
    def setUp(self):
        super().setUp()
        self.work = self.scratch / "work"
        self.glassbox("lab", "start", "1", "--student=ann", f"--to={self.work}")
        self.bundle = self.work / "ann.glassbox.tar.gz"

    def submit(self, *arguments, status=0):
        return self.glassbox("lab", "submit", "1", f"--folder={self.work}", *arguments, status=status)

    def refused(self, *says, status=1):
        """It says why, writes nothing, and leaves an earlier bundle as it was."""
        self.bundle.write_bytes(b"an earlier one")
        before = sorted(path.name for path in self.work.iterdir())
        done = self.submit(status=status)
        text = " ".join(done.stderr.split())
        for words in says:
            self.assertIn(words, text)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.bundle.read_bytes(), b"an earlier one")
        self.assertEqual(sorted(path.name for path in self.work.iterdir()), before)
        for line in done.stderr.splitlines():
            self.assertTrue(len(line) <= 80 or str(self.scratch) in line, line)

    def test_the_files_as_they_are_make_a_bundle_with_notes_of_what_is_empty(self):
        done = self.submit()
        self.assertIn(str(self.bundle), done.stdout)
        self.assertIn("[explain.why-it-turned] is empty", " ".join(done.stderr.split()))
        self.assertIn("[predict.misses] has no answer", " ".join(done.stderr.split()))
        with tarfile.open(self.bundle) as archive:
            self.assertEqual(archive.getnames(), ["manifest.json", "answers.toml", "explain.toml", "work.py"])
            manifest = json.load(archive.extractfile("manifest.json"))
            for member in archive.getmembers():
                self.assertEqual((member.type, member.mode, member.mtime, member.uid, member.uname), (tarfile.REGTYPE, 0o644, 0, 0, ""))
        self.assertEqual(manifest["format"], "glassbox-bundle 1")
        self.assertEqual((manifest["lab"], manifest["student"], manifest["hints"]), (1, "ann", []))
        note = json.loads((self.work / "lab.json").read_text())
        self.assertEqual(manifest["seed"], note["seed"])
        work = (self.work / "work.py").read_bytes()
        self.assertEqual(manifest["files"]["work.py"], "sha256:" + hashlib.sha256(work).hexdigest())
        lines = "".join(f"{manifest['files'][name][7:]}  {name}\n" for name in sorted(manifest["files"]))
        self.assertIn("sha256:" + hashlib.sha256(lines.encode()).hexdigest(), done.stdout)

    def test_the_same_files_are_the_same_bytes_wherever_it_is_written(self):
        self.submit()
        other = self.scratch / "elsewhere"
        other.mkdir()
        os.utime(self.work / "work.py", (1, 1))
        (self.work / "work.py").chmod(0o600)
        self.submit(f"--to={other}")
        self.submit(f"--to={self.scratch / 'named.tar.gz'}")
        first = self.bundle.read_bytes()
        self.assertEqual((other / "ann.glassbox.tar.gz").read_bytes(), first)
        self.assertEqual((self.scratch / "named.tar.gz").read_bytes(), first)

    def test_notes_are_taken_along_where_the_lab_asks_for_them_and_nothing_else(self):
        (self.work / "notes.md").write_text("for you\n")
        (self.work / "diary.md").write_text("for nobody\n")
        self.submit()
        with tarfile.open(self.bundle) as archive:
            self.assertIn("notes.md", archive.getnames())
            self.assertNotIn("diary.md", archive.getnames())

    def test_a_missing_file(self):
        (self.work / "work.py").unlink()
        self.refused("'work.py' is not there, and the lab asks for it", "nothing was written: this could not be graded")

    def test_a_syntax_error(self):
        (self.work / "work.py").write_text("def steady(a, b):\n    return a +\n")
        self.refused("'work.py' line 2: invalid syntax")

    def test_bytes_that_are_no_program(self):
        for content, says in ((b"x = 1\0\n", "'work.py'"), (b"\xff\xfe\x00", "'work.py'"), (b"(" * 5000, "'work.py'"),
                              (b"-" * 60000 + b"1", "'work.py' does not compile")):
            with self.subTest(content=content[:10]):
                (self.work / "work.py").write_bytes(content)
                self.refused(says)

    def test_a_program_is_compiled_and_not_run(self):
        (self.work / "work.py").write_text(f"open({str(self.scratch / 'ran')!r}, 'w')\n")
        self.submit()
        self.assertFalse((self.scratch / "ran").exists())

    def test_toml_that_cannot_be_read(self):
        (self.work / "explain.toml").write_text("[explain.why-it-turned\n")
        self.refused("'explain.toml' line 1:")

    def test_a_mechanism_that_nobody_knows(self):
        (self.work / "explain.toml").write_text('[explain.why-it-turned]\nmechanism = "gremlins"\nprose = "so"\n'
                                                'events = ["spec.miss@work.py:9#1"]\n')
        self.refused("'gremlins' is no mechanism to choose for [explain.why-it-turned]")

    def test_a_citation_that_is_none(self):
        (self.work / "explain.toml").write_text('[explain.why-it-turned]\nmechanism = "counter"\nprose = "so"\nevents = ["line 9"]\n')
        self.refused("'line 9' of [explain.why-it-turned] names no event")

    def test_an_answer_that_is_not_among_the_choices(self):
        (self.work / "answers.toml").write_text('[predict.misses]\nanswer = "a few"\nconfidence = 3\n')
        self.refused("the answer of [predict.misses] is none of '1', '2', 'some fifty', 'a thousand or more'")

    def test_too_large(self):
        (self.work / "work.py").write_text("#" * 70000)
        self.refused("'work.py' is too large: the lab takes 65536 bytes in all")
        (self.work / "work.py").write_text("#" * 60000)
        (self.work / "notes.md").write_text("#" * 10000)
        self.refused("and lab 1 takes 65536 at most")

    def test_a_link_a_pipe_and_a_folder_in_a_files_place(self):
        path = self.work / "work.py"
        path.rename(self.work / "real.py")
        path.symlink_to("real.py")
        self.refused("'work.py' is a link: put the file itself there")
        path.unlink()
        os.mkfifo(path)
        self.refused("'work.py' is not an ordinary file")
        path.unlink()
        path.mkdir()
        self.refused("'work.py' is not an ordinary file")

    def test_the_note_of_another_lab_or_none(self):
        note = json.loads((self.work / "lab.json").read_text())
        (self.work / "lab.json").write_text(json.dumps(note | {"lab": 2}))
        self.refused("is no work folder of lab 1", status=2)
        (self.work / "lab.json").write_text("{")
        self.refused("is damaged", status=64)
        (self.work / "lab.json").unlink()
        self.refused("is no work folder of lab 1", status=2)

    def test_where_it_cannot_be_written_nothing_is_left(self):
        self.submit(f"--to={self.scratch / 'nowhere' / 'x.tar.gz'}", status=2)
        self.assertEqual(sorted(path.name for path in self.scratch.iterdir()), ["tmp", "work"])

    def test_wrong_usage(self):
        for arguments in ((), ("x",), ("0",), ("1", "2"), ("1", "--to"), ("1", "--to="), ("1", "--force")):
            with self.subTest(arguments=arguments):
                self.glassbox("lab", "submit", *arguments, status=64)

    def test_a_prediction_that_was_changed_after_the_first_run_is_noticed(self):
        answers = self.work / "answers.toml"
        answers.write_text('[predict.misses]\nanswer = "1"\nconfidence = 4\n')
        self.glassbox("lab", "check", "1", f"--folder={self.work}", "--no-witness", status=1)
        answers.write_text('[predict.misses]\nanswer = "some fifty"\nconfidence = 5\n')
        done = self.glassbox("lab", "check", "1", f"--folder={self.work}", "--no-witness", status=1)
        self.assertIn("was '1' before the first run, which is what counts", " ".join(done.stderr.split()))
        self.submit()
        self.glassbox("grade", self.bundle, f"--out={self.scratch / 'out'}", "--no-witness")
        result = json.loads((self.scratch / "out" / "result.json").read_text())
        misses = {one["id"]: one for one in result["predictions"]}["misses"]
        self.assertEqual(misses["answer"], "1")
        self.assertEqual(misses["score"], 0)
        self.assertIn("which is what counts", misses["message"])
        # and where the notes are doctored, none counts
        notes = self.work / ".glassbox" / "predictions.jsonl"
        notes.write_text(notes.read_text().replace('"answer":"1"', '"answer":"some fifty"'))
        self.submit()
        self.glassbox("grade", self.bundle, f"--out={self.scratch / 'out'}", "--no-witness")
        result = json.loads((self.scratch / "out" / "result.json").read_text())
        self.assertIn("changed by hand", {one["id"]: one for one in result["predictions"]}["misses"]["message"])


class Events(Folders):
    """What `glassbox lab check --events` says can be cited: for explain.toml."""

    def test_each_line_and_then_each_event_of_one(self):
        work = self.scratch / "work"
        self.glassbox("lab", "start", "1", "--student=ann", f"--to={work}")
        (work / "work.py").write_text((work / "work.py").read_text() + "\n\ndef more():\n    return [n for n in range(3)]\n\n\nmore()\n")
        last = len((work / "work.py").read_text().splitlines())
        check = ("lab", "check", "1", f"--folder={work}", "--no-witness")
        text = self.glassbox(*check, "--events", status=1).stdout
        self.assertRegex(text, rf"(?m)^  work\.py:{last} +frame\.pop#1 frame\.push#1$")
        text = self.glassbox(*check, f"--events=work.py:{last}", status=1).stdout
        self.assertIn(f"Run 'main', work.py:{last}:", text)
        self.assertIn(f"  frame.push@work.py:{last}#1\n", text)
        self.assertIn("code=more", text)
        text = self.glassbox(*check, "--events=work.py:1", status=1).stdout
        self.assertIn("work.py:1 has no event that could be cited", text)


class Umask(Folders):
    """Where files are private by default, a run still finds what is its own."""

    def test_a_check_under_umask_077(self):
        work = self.scratch / "work"
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        self.glassbox("lab", "start", "1", "--student=ann", f"--to={work}")
        text = self.glassbox("lab", "check", "1", f"--folder={work}", "--no-witness", status=1).stdout
        self.assertIn("0 of 7 facts hold", text)


class Hostile(Folders):
    """Archives that somebody else made, graded."""

    def setUp(self):
        super().setUp()
        work = self.scratch / "work"
        self.glassbox("lab", "start", "1", "--student=ann", f"--to={work}")
        self.glassbox("lab", "submit", "1", f"--folder={work}", f"--to={self.scratch / 'good.tar.gz'}")
        with tarfile.open(self.scratch / "good.tar.gz") as archive:
            self.members = [(member, archive.extractfile(member).read()) for member in archive.getmembers()]
        self.path = self.scratch / "ann.glassbox.tar.gz"

    def write(self, *more, without=(), replace=None):
        """The good bundle's members, and some more: (name, type, link, content)."""
        with tarfile.open(self.path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
            for member, content in self.members:
                content = (replace or {}).get(member.name, content)
                if member.name not in without:
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
            for name, kind, link, content in more:
                member = tarfile.TarInfo(name)
                member.type, member.linkname, member.size = kind, link, len(content)
                archive.addfile(member, io.BytesIO(content))

    def grade(self):
        out = self.scratch / "out"
        self.glassbox("grade", self.path, f"--out={out}", "--student=ann", "--no-witness")
        self.assertEqual([path.name for path in out.iterdir()], ["result.json"])
        self.assertFalse((self.scratch / "evil.py").exists())
        return json.loads((out / "result.json").read_text())

    def violation(self, says):
        result = self.grade()
        self.assertEqual((result["verdict"], result["score"]), ("violation", 0), result["message"])
        self.assertEqual(result["violation"]["name"], "hostile-archive")
        self.assertIn(says, result["violation"]["text"] + result["message"])

    def error(self, says):
        result = self.grade()
        self.assertEqual((result["verdict"], result["score"]), ("submission-error", 0), result["message"])
        self.assertIn(says, result["message"])

    def test_names_that_lead_elsewhere(self):
        for name in ("../evil.py", "a/../../evil.py", str(self.scratch / "evil.py"), "./work.py", "a//b", "caf\udce9.py", "WORK.PY"):
            with self.subTest(name=name):
                self.write((name, tarfile.REGTYPE, "", b"1"))
                self.violation("in the bundle")

    def test_what_is_no_ordinary_file(self):
        for kind, link, says in ((tarfile.SYMTYPE, "/etc/passwd", "is a link"), (tarfile.LNKTYPE, "/etc/passwd", "is a hard link"),
                                 (tarfile.LNKTYPE, "work.py", "is a hard link"), (tarfile.CHRTYPE, "", "is a device"),
                                 (tarfile.BLKTYPE, "", "is a device"), (tarfile.FIFOTYPE, "", "is a pipe"),
                                 (tarfile.DIRTYPE, "", "is a folder")):
            with self.subTest(kind=kind, link=link):
                self.write(("notes.md", kind, link, b""))
                self.violation(says)

    def test_a_link_and_a_file_through_it(self):
        self.write(("lib", tarfile.SYMTYPE, str(self.scratch), b""), ("lib/evil.py", tarfile.REGTYPE, "", b"1"))
        self.violation("'lib' in the bundle is a link")

    def test_a_name_twice(self):
        self.write(("work.py", tarfile.REGTYPE, "", b"print('mine')"))
        self.violation("the bundle has 'work.py' twice")

    def test_too_many(self):
        self.write(*((f"{i}.py", tarfile.REGTYPE, "", b"") for i in range(400)))
        self.violation("more than 64 files")

    def test_a_bomb_and_a_bomb_in_a_bomb(self):
        self.write(("notes.md", tarfile.REGTYPE, "", bytes(1 << 28)))
        self.assertLess(self.path.stat().st_size, 1 << 20)
        self.violation("it is made to fill a disk")
        self.write()
        self.path.write_bytes(gzip.compress(self.path.read_bytes()))
        self.violation("compressed more than once")

    def test_cut_short_and_not_an_archive(self):
        self.write()
        whole = self.path.read_bytes()
        for content in (b"", b"GIF89a", whole[:100], whole[:-20], bytes(1000), gzip.compress(b"hello")):
            with self.subTest(content=content[:10], size=len(content)):
                self.path.write_bytes(content)
                self.error("bundle")

    def test_a_file_that_is_not_the_one_that_was_listed(self):
        self.write(replace={"work.py": b"def steady(a, b): return 1\n"})
        self.error("'work.py' in the bundle is not the file that its manifest lists")

    def test_without_a_manifest_or_with_a_doctored_one(self):
        self.write(without=("manifest.json",))
        self.error("the bundle has no manifest.json")
        for change in ({"format": "zip"}, {"files": []}, {"lab": "one"}, {"student": 7}, {"hints": {}}, {"files": {}}):
            with self.subTest(change=change):
                manifest = json.loads({m.name: c for m, c in self.members}["manifest.json"])
                self.write(replace={"manifest.json": json.dumps(manifest | change).encode()})
                self.error("manifest")

    def test_a_file_that_nobody_asked_for(self):
        self.write(("grade.py", tarfile.REGTYPE, "", b"1"))
        self.error("'grade.py' is in the bundle")

    def test_a_file_too_few(self):
        self.write(without=("work.py",))
        self.error("'work.py'")

    def test_no_such_bundle_is_nobodys_fault(self):
        done = self.glassbox("grade", self.scratch / "none", f"--out={self.scratch / 'out'}", status=75)
        self.assertIn("cannot open", done.stderr)
        self.assertFalse((self.scratch / "out" / "result.json").exists())


if __name__ == "__main__":
    unittest.main()
