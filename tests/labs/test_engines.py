"""Many submissions: one machine, killed and resumed; GNU parallel; a real Slurm; HTCondor's files; folding results.

The class of submissions is synthetic.py's, whose table is known before anything is graded. By default the small form: 60
submissions on one machine, 40 through each engine. GLASSBOX_ENGINES=full is the whole: 2,000, and 200 through each (some
15 minutes on two cores). WITNESS=no grades without it. SEED= mixes another class, and kills at other moments.

Run as `python3 tests/labs/test_engines.py`; its last line has the counts.
"""

import csv
import hashlib
import hmac
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GLASSBOX = ROOT / "glassbox"
sys.path.insert(0, str(HERE))

import slurm as private_slurm  # noqa: E402
import synthetic  # noqa: E402

FULL = os.environ.get("GLASSBOX_ENGINES") == "full"
COUNT, THROUGH = (2000, 200) if FULL else (60, 40)
SEED = int(os.environ.get("SEED", "20261121"))
WITNESS = ("--no-witness",) if os.environ.get("WITNESS") == "no" else ()
PATIENCE = 3600 if FULL else 300
MOST_KILLS = 60 if FULL else 15
HOSTILE = "it's {} %j $(touch $HOME) \"a\" & b; {.}{#}"

folder = pathlib.Path("/nonexistent")
expected: list[synthetic.Expected] = []
environment: dict[str, str] = {}


# ------------------------------------------------------------------------------------- helps

def setUpModule() -> None:
    global folder, environment, expected
    folder = pathlib.Path(tempfile.mkdtemp(prefix="glassbox-engines-"))
    folder.chmod(0o755)                                # submissions are run as somebody else where root grades
    expected = synthetic.make(folder / "class", COUNT, SEED, witness=not WITNESS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GLASSBOX", "PYTHON"))}
    environment |= {"GLASSBOX_LABS": str(folder / "class" / "labs"), "GLASSBOX_COURSE": str(folder / "class" / "course")}


def tearDownModule() -> None:
    shutil.rmtree(folder)


def call(*words, status: int | None = 0, cwd: pathlib.Path | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run([str(word) for word in words], env=environment, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE)
    if status is not None and done.returncode != status:
        raise AssertionError(f"{' '.join(str(word) for word in words)} ended with {done.returncode}, not {status}:\n"
                             f"{done.stdout}{done.stderr}")
    return done


def batch(listed: pathlib.Path, out: pathlib.Path, *more, status: int | None = 0) -> subprocess.CompletedProcess:
    return call(GLASSBOX, "grade", "--batch", listed, "--out", out, "-j", 2, *WITNESS, *more, status=status)


def merge(*sources, listed: pathlib.Path, out: pathlib.Path, more=(), status: int = 0) -> subprocess.CompletedProcess:
    return call(GLASSBOX, "merge", *sources, "--list", listed, "--out", out, *more, status=status)


def rows(table: pathlib.Path) -> list[tuple[str, str, float]]:
    with open(table, encoding="utf-8", newline="") as file:
        return [(row["student"], row["verdict"], float(row["score"] or "nan")) for row in csv.DictReader(file)]


def graded_so_far(out: pathlib.Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b'"event":"done"') if journal.exists() else 0


def small_list(count: int) -> pathlib.Path:
    """The first `count` lines of the class's list."""
    path = folder / f"list-{count}"
    lines = (folder / "class" / "list").read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:count]))
    return path


def processes_about(text: str) -> list[str]:
    """Command lines of processes that name it, but ours."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if text in words:
                found.append(words)
    return found


def gone(text: str, seconds: float = 5) -> list[str]:
    """What is still there of it after some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not processes_about(text):
            return []
        time.sleep(0.2)
    return processes_about(text)


class OneMachine:
    """The table that one machine gives for a list, made once."""

    made: dict[pathlib.Path, bytes] = {}

    @classmethod
    def table(cls, listed: pathlib.Path) -> bytes:
        if listed not in cls.made:
            out = folder / f"one-machine-{len(cls.made)}"
            batch(listed, out)
            cls.made[listed] = (out / "table.csv").read_bytes()
        return cls.made[listed]

    @classmethod
    def results(cls, listed: pathlib.Path) -> pathlib.Path:
        cls.table(listed)
        return folder / f"one-machine-{list(cls.made).index(listed)}"


# --------------------------------------------------------------------------------- one machine

class ABatch(unittest.TestCase):
    maxDiff = None

    def test_1_ends_in_the_table_that_is_known_beforehand(self) -> None:
        listed = folder / "class" / "list"
        began = time.monotonic()
        OneMachine.table(listed)
        took = time.monotonic() - began
        out = OneMachine.results(listed)
        came = rows(out / "table.csv")
        scores = {student: score for student, _verdict, score in came}
        for one, (student, verdict, score) in zip(expected, came, strict=True):
            with self.subTest(one.kind):
                self.assertEqual((student, verdict), (one.student, one.verdict))
                self.assertEqual(score, scores[one.like] if one.like else score if one.score is None else one.score)
        self.assertFalse((out / ".work").exists())
        self.assertEqual(gone(str(out)), [])
        print(f"      {len(expected)} submissions in {took:.0f} s on two cores: {len(expected) / took * 60:.0f} a minute")

    def test_2_killed_at_random_moments_ends_in_the_same_table(self) -> None:
        listed, out = folder / "class" / "list", folder / "killed"
        table, chance, kills, workers = OneMachine.table(listed), random.Random(SEED), 0, 0
        longest = max(1.0, COUNT / 100)
        while True:
            words = [GLASSBOX, "grade", "--batch", listed, "--out", out, "-j", "2", "--attempts", "20", *WITNESS]
            child = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, text=True)
            until = time.monotonic() + chance.uniform(0.05, longest)
            while child.poll() is None and time.monotonic() < until:
                time.sleep(chance.uniform(0.01, longest / 4))
                workers += chance.random() < 0.3 and self.kill_a_worker(child.pid)
            if kills >= MOST_KILLS or (child.poll() is not None):
                said = child.communicate(timeout=PATIENCE)[1]
                self.assertEqual(child.returncode, 0, said)
                break
            child.send_signal(signal.SIGKILL)
            child.communicate()
            kills += 1
        self.assertEqual((out / "table.csv").read_bytes(), table)
        self.assertGreater(kills, 2)
        self.assertFalse((out / ".work").exists())
        self.assertEqual(gone(str(out)), [])
        print(f"      the batch was killed {kills} times, workers {workers} times")

    def kill_a_worker(self, parent: int) -> bool:
        try:
            children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
        except (OSError, IndexError):
            return False
        return True

    def test_3_stops_at_ctrl_c_and_says_how_to_go_on(self) -> None:
        listed, out = small_list(THROUGH), folder / "stopped"
        child = subprocess.Popen([GLASSBOX, "grade", "--batch", listed, "--out", out, "-j", "2", *WITNESS], env=environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while graded_so_far(out) < 3 and time.monotonic() < until:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=20)[1]
        self.assertEqual(child.returncode, 130, said)
        self.assertRegex(said, rf"^glassbox: stopped with \d+ of {THROUGH} graded; the same command goes on from here\n$")
        self.assertEqual(gone(str(out)), [])
        self.assertIn("of them graded before", batch(listed, out).stdout)
        self.assertEqual((out / "table.csv").read_bytes(), OneMachine.table(listed))

    def test_4_grades_as_an_ordinary_user(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("cannot run here: it is an ordinary user's already")
        listed, home = small_list(8), pathlib.Path(tempfile.mkdtemp(prefix="glassbox-nobody-"))
        course = home / "course"
        shutil.copytree(folder / "class" / "course", course)
        for path in (home, course, *course.iterdir()):
            shutil.chown(path, "nobody")
        try:
            said = call("setpriv", "--reuid=nobody", "--clear-groups", GLASSBOX, "grade", "--batch", listed, "--out",
                        home / "out", "--course", course, *WITNESS, status=0)
            self.assertIn("8 submissions\n", said.stdout)
            self.assertEqual((home / "out" / "table.csv").read_bytes(), OneMachine.table(listed))
        finally:
            shutil.rmtree(home)

    def test_5_names_what_it_cannot_work_with(self) -> None:
        listed = small_list(8)
        for words, status, sentence in (
                (("--batch", folder / "none", "--out", folder / "x"), 64, "there is no file"),
                (("--batch", listed), 64, "--out says where results go"),
                (("--batch", listed, "--out", listed), 2, "Not a directory"),
                (("--batch", listed, "--out", folder / "x", "-j", "0"), 64, "-j wants a number from 1"),
                (("--batch", listed, "--out", folder / "x", "--course", folder), 64, "course.toml")):
            done = call(GLASSBOX, "grade", *words, status=status)
            self.assertIn(sentence, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_6_says_that_the_disk_is_full(self) -> None:
        place = folder / "small-disk"
        place.mkdir()
        if call("mount", "-t", "tmpfs", "-o", "size=96k", "none", place, status=None).returncode != 0:
            self.skipTest("cannot run here: nothing can be mounted")
        try:
            done = batch(small_list(THROUGH), place / "out", "--attempts", 1, status=None)
            self.assertIn(done.returncode, (2, 75))
            self.assertIn("No space left on device", done.stderr + done.stdout)
            self.assertFalse((place / "out" / "table.csv").exists() and done.returncode == 2)
        finally:
            call("umount", place)


# ------------------------------------------------------------------------------------- engines

class AnEngine(unittest.TestCase):
    """200 submissions (or 40) through each give the table that one machine gives."""

    def plan(self, engine: str, out: pathlib.Path, *more, count: int = THROUGH) -> None:
        said = call(GLASSBOX, "plan", "--engine", engine, small_list(count), "--out", out, "--cap", 2, *WITNESS, *more).stdout
        self.assertIn(f"{count} submissions in ", said)

    def fold(self, out: pathlib.Path, count: int = THROUGH) -> None:
        home = out.parent / f"{out.name[:8]}-merged"
        merge(out, listed=small_list(count), out=home)
        self.assertEqual((home / "table.csv").read_bytes(), OneMachine.table(small_list(count)))
        self.assertEqual(gone(str(out)), [])

    def with_slurm(self) -> private_slurm.Slurm:
        home = pathlib.Path(tempfile.mkdtemp(prefix="glassbox-slurm-"))
        self.addCleanup(shutil.rmtree, home)
        try:
            return private_slurm.Slurm(home, environment=environment)
        except private_slurm.CannotRun as why:
            self.skipTest(f"cannot run here: {why}")

    def need_parallel(self) -> None:
        if shutil.which("parallel") is None:
            self.skipTest("cannot run here: there is no parallel")

    def test_parallel_gives_the_same_table(self) -> None:
        self.need_parallel()
        out = folder / "parallel"
        self.plan("parallel", out)
        call(out / "submit")
        self.fold(out)

    def test_parallel_killed_goes_on(self) -> None:
        self.need_parallel()
        out = folder / "parallel-killed"
        self.plan("parallel", out)
        child = subprocess.Popen([out / "submit"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 60
        while len(list((out / "results").glob("*/table.csv"))) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self.assertEqual(gone(str(out), seconds=120), [])    # what it had begun is not its own to end: it comes to its end
        call(out / "submit")
        self.fold(out)

    def test_parallel_in_a_folder_with_a_hostile_name(self) -> None:
        self.need_parallel()
        out = folder / HOSTILE
        self.plan("parallel", out, "--chunk", 4, count=8)
        call(out / "submit")
        self.fold(out, count=8)

    def test_slurm_gives_the_same_table(self) -> None:
        out, most = folder / "slurm", 0
        self.plan("slurm", out, "--chunk", 5)
        with self.with_slurm() as cluster:
            cluster.run([out / "submit"])
            until = time.monotonic() + PATIENCE
            while (jobs := cluster.jobs()) and time.monotonic() < until:
                most = max(most, sum("RUNNING" in job for job in jobs))
                time.sleep(0.3)
        self.assertIn("this node can grade", (out / "log" / "preflight.txt").read_text())
        self.assertIn(most, (1, 2))                    # the cap
        self.fold(out)

    def test_slurm_in_a_folder_with_a_hostile_name(self) -> None:
        out = folder / f"s{HOSTILE}"
        self.plan("slurm", out, "--chunk", 4, count=8)
        with self.with_slurm() as cluster:
            cluster.run([out / "submit"])
            cluster.wait(PATIENCE)
        self.fold(out, count=8)

    def test_slurm_starts_nothing_where_the_node_cannot_grade(self) -> None:
        out, labs = folder / "no-node", pathlib.Path(environment["GLASSBOX_LABS"])
        self.plan("slurm", out, count=8)
        hidden = labs.rename(labs.with_name("hidden"))
        try:
            with self.with_slurm() as cluster:
                cluster.run([out / "submit"])
                cluster.wait(60)
        finally:
            hidden.rename(labs)
        self.assertRegex((out / "log" / "preflight.txt").read_text(), r"^glassbox: '.*' cannot grade: cannot find '.*/labs'")
        self.assertEqual(list((out / "results").iterdir()), [])

    def test_a_plan_is_not_made_twice_in_one_folder(self) -> None:
        out = folder / "twice"
        self.plan("htcondor", out, count=8)
        done = call(GLASSBOX, "plan", "--engine", "slurm", small_list(8), "--out", out, status=64)
        self.assertIn("has a plan already", done.stderr)

    def test_chunks_are_as_few_as_the_engine_takes(self) -> None:
        listed, bundle = folder / "many", folder / "class" / "inbox" / "s0000.glassbox.tar.gz"
        listed.write_text("".join(f"m{number}\t{bundle}\n" for number in range(30_000)))
        out = folder / "many-chunks"
        said = call(GLASSBOX, "plan", "--engine", "slurm", listed, "--out", out).stdout
        self.assertIn("30000 submissions in 1000 chunks of 30", said)
        done = call(GLASSBOX, "plan", "--engine", "slurm", listed, "--chunk", 7, "--out", folder / "too-many", status=64)
        self.assertIn("--chunk 30 or more", done.stderr)

    def test_every_script_is_one_that_a_shell_can_read(self) -> None:
        for engine in ("slurm", "parallel", "htcondor"):
            out = folder / f"{engine}{HOSTILE}"
            self.plan(engine, out, count=8)
            for name in ("chunk", "preflight", "submit"):
                call("sh", "-n", out / name)
                call("shellcheck", "--severity=warning", out / name)


class HTCondor(unittest.TestCase):
    """No pool here: its files are read by its own parser where that can be had, and compared with what they were."""

    def setUp(self) -> None:
        self.out = pathlib.Path(tempfile.mkdtemp(prefix="glassbox-condor-", dir=folder))
        call(GLASSBOX, "plan", "--engine", "htcondor", small_list(40), "--out", self.out, "--cap", 3, "--chunk", 16, *WITNESS)

    def test_files_are_as_they_were(self) -> None:
        for name in ("grade.sub", "preflight.sub"):
            self.assertEqual((self.out / name).read_text(), (HERE / "golden" / name).read_text())
        self.assertEqual((self.out / "numbers").read_text(), "1\n2\n3\n")

    def test_its_own_parser_reads_them(self) -> None:
        python = condor_python()
        if python is None:
            self.skipTest("cannot run here: HTCondor's own parser cannot be had")
        said = json.loads(call(python, "-c", CONDOR_READS, cwd=self.out).stdout)
        self.assertEqual(said["items"], [{"number": "1"}, {"number": "2"}, {"number": "3"}])
        self.assertEqual(said["grade"]["executable"], "chunk")
        self.assertEqual(said["grade"]["arguments"], "$(number)")
        self.assertEqual(said["grade"]["max_materialize"], "3")
        self.assertEqual(said["preflight"]["executable"], "preflight")
        spoilt = (self.out / "grade.sub").read_text().replace("queue number from", "queue number frm")
        (self.out / "grade.sub").write_text(spoilt)
        self.assertIn("Invalid Queue", call(python, "-c", CONDOR_READS, cwd=self.out, status=1).stderr)


# Its own reading of the two files, and of the list that the queue comes from.
CONDOR_READS = """
import json
import htcondor2
grade, preflight = (htcondor2.Submit(open(name + ".sub", encoding="utf-8").read()) for name in ("grade", "preflight"))
print(json.dumps({"grade": dict(grade), "preflight": dict(preflight), "items": list(grade.itemdata())}))
"""


def condor_python() -> pathlib.Path | None:
    """The interpreter that we built, with HTCondor's bindings as they are pinned."""
    if subprocess.run([ROOT / "scripts" / "packages", "htcondor", "gil"], check=False, capture_output=True).returncode != 0:
        return None
    environment["CONDOR_CONFIG"] = os.devnull
    return ROOT / "build" / "packages" / "htcondor-gil" / "bin" / "python"


# ------------------------------------------------------------------------------------- folding

class AMerge(unittest.TestCase):
    """Each test spoils a copy of one machine's results in one way."""

    def setUp(self) -> None:
        self.listed = small_list(8)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="merge-", dir=folder))
        self.first, self.second = self.home / "a", self.home / "b"
        shutil.copytree(OneMachine.results(self.listed), self.first)
        shutil.copytree(OneMachine.results(self.listed), self.second)
        self.students = sorted(path.name for path in self.first.iterdir() if path.is_dir())
        self.out = self.home / "out"

    def merged(self, *sources: pathlib.Path, more=(), status: int = 0) -> subprocess.CompletedProcess:
        return merge(*sources, listed=self.listed, out=self.out, more=more, status=status)

    def change(self, folder_: pathlib.Path, change, seal: bool = True) -> str:
        """Alter the first student's result, sealed anew under the course's key, without a word in the journal."""
        path = folder_ / self.students[0] / "result.json"
        result = json.loads(path.read_text())
        change(result)
        if seal:
            result["seal"] = sealed(result, synthetic.KEY)
        path.write_text(json.dumps(result))
        (folder_ / "journal.jsonl").unlink()
        return self.students[0]

    def assert_refused(self, *sources: pathlib.Path, says: str, more=()) -> None:
        done = self.merged(*sources, status=1, more=more)
        self.assertIn(says, " ".join(done.stderr.split()))
        self.assertFalse(self.out.exists())

    def test_of_two_alike_is_one(self) -> None:
        self.assertIn("8 of 8 have a result (8 were there twice, alike)", self.merged(self.first, self.second).stdout)
        self.assertEqual((self.out / "table.csv").read_bytes(), OneMachine.table(self.listed))

    def test_can_be_merged_again_and_gone_on_with(self) -> None:
        self.merged(self.first)
        again = self.home / "again"
        merge(self.out, listed=self.listed, out=again)
        self.assertEqual((again / "table.csv").read_bytes(), OneMachine.table(self.listed))
        self.assertIn("8 of them graded before", batch(self.listed, again).stdout)

    def test_refuses_two_that_differ(self) -> None:
        student = self.change(self.first, lambda result: result.update(message="another"))
        (self.second / "journal.jsonl").unlink()
        self.assert_refused(self.first, self.second, says=f"are two results of '{student}' that differ")

    def test_refuses_what_was_changed_after_it_was_sealed(self) -> None:
        self.change(self.first, lambda result: result.update(message="all is well"), seal=False)
        self.assert_refused(self.first, says="was changed after it was sealed")

    def test_refuses_what_has_no_seal(self) -> None:
        self.change(self.first, lambda result: result.pop("seal"), seal=False)
        self.assert_refused(self.first, says="has no seal")

    def test_refuses_what_is_not_what_the_journal_says(self) -> None:
        path = self.first / self.students[0] / "result.json"
        path.write_text(path.read_text() + "\n")
        self.assert_refused(self.first, says="is not the one that was written down when it was graded")

    def test_refuses_the_result_of_another_student(self) -> None:
        shutil.copy(self.first / self.students[1] / "result.json", self.first / self.students[0] / "result.json")
        self.assert_refused(self.first, says=f"is the result of '{self.students[1]}'")

    def test_refuses_half_a_result(self) -> None:
        path = self.first / self.students[0] / "result.json"
        path.write_text(path.read_text()[:100])
        self.assert_refused(self.first, says="is no result: it is not a whole JSON object")

    def test_refuses_two_rubrics_unless_told(self) -> None:
        graded = [student for student, verdict, score in rows(self.first / "table.csv") if verdict in ("pass", "partial")]
        self.assertGreater(len(graded), 1)
        self.students = [graded[0]]
        self.change(self.first, lambda result: result["lab"].update(rubric="sha256:other"))
        self.assert_refused(self.first, says="the rubric differs: 'sha256:")
        self.merged(self.first, more=("--mixed",))
        self.assertIn("sha256:other", (self.out / "table.csv").read_text())

    def test_lists_what_is_missing_and_queues_infrastructure_alone(self) -> None:
        gone_student, failed = self.students[2], self.students[5]
        shutil.rmtree(self.first / gone_student)
        journal = self.first / "journal.jsonl"
        kept = [line for line in journal.read_text().splitlines() if f'"{gone_student}"' not in line]
        kept.append(json.dumps({"event": "infrastructure", "student": failed, "text": "no memory"}))
        journal.write_text("\n".join(kept) + "\n")
        said = self.merged(self.first, status=75).stdout
        self.assertIn(f"{failed}: no memory", said)
        self.assertEqual([line.split("\t")[0] for line in (self.out / "again.list").read_text().splitlines()], [failed])
        self.assertEqual([line.split("\t")[0] for line in (self.out / "missing.list").read_text().splitlines()], [gone_student])
        table = (self.out / "table.csv").read_text()
        self.assertIn(f"{failed},,infrastructure,,,,\n", table)
        self.assertIn(f"{gone_student},,missing,,,,\n", table)
        for name in ("again", "missing"):
            batch(self.out / f"{name}.list", self.home / name)
        out, self.out = self.out, self.home / "whole"
        self.merged(out, self.home / "again", self.home / "missing")
        self.assertEqual((self.out / "table.csv").read_bytes(), OneMachine.table(self.listed))


def canonical(value) -> str:
    """JSON with sorted keys, no blanks, and seventeen digits to a number that is not whole."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        text = format(value, ".17g")
        return text if set(text) & set(".e") else f"{text}.0"
    return json.dumps(value, ensure_ascii=False)


def sealed(result: dict, key: bytes) -> str:
    """The seal by its definition, not by the program's own words: HMAC-SHA256 over all but the seal."""
    rest = canonical({name: value for name, value in result.items() if name != "seal"})
    return "hmac-sha256:" + hmac.new(key, rest.encode(), hashlib.sha256).hexdigest()


# ---------------------------------------------------------------------------------------- counts

def main() -> int:
    outcome = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed = len(outcome.failures) + len(outcome.errors)
    skipped = len(outcome.skipped)
    print(f"{outcome.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
