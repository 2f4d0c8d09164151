"""The witness sees what is true, and names what is not.

Every program of honest/ is run under it, with no sandbox around; it must agree.  Every program of forgeries/ begins with the name of
the violation that it is, and it must be that one.  In its small form each honest program runs once for each set of classes;
GLASSBOX_WITNESS_RUNS=N runs it N times.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUN = ROOT / "build" / "tests" / "witness" / "witness_run"
RUNS = int(os.environ.get("GLASSBOX_WITNESS_RUNS", "1"))
OWN = {"at_fork_child", "enter_slowly", "visit"}         # the recorder's, by other names
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def witness(program, keys=""):
    """What the witness says of a program, which records with these keys; it and its trace are gone by then."""
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "run.gbx")
        done = subprocess.run([RUN, sys.executable, trace, "-t", "120", "--", "-B", program, f"{trace}:{keys}" if keys else trace],
                              capture_output=True, text=True, cwd=folder, check=False)
        if done.returncode != 0:
            raise AssertionError(f"witness_run ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout.splitlines()[-1]) | {"stderr": done.stderr}


class Honest(unittest.TestCase):
    def agrees(self, name, keys="", status=0, signal=0):
        for run in range(RUNS):
            with self.subTest(run=run):
                said = witness(HERE / "honest" / f"{name}.py", keys)
                self.assertEqual((said["violation"], said["sentence"]), (None, None))
                self.assertEqual((said["status"], said["signal"]), (-1 if signal else status, signal), said["stderr"])
                self.assertGreater(said["report"]["records"], 100)
                self.assertGreaterEqual(said["report"]["recordings"], 1)

    def test_threads(self):
        self.agrees("threads")

    def test_threads_with_their_lock_and_blocks(self):
        self.agrees("threads", "events=frame+gil+alloc+obj+thread")

    def test_children(self):
        self.agrees("forks", "events=frame+gil+thread+mark")

    def test_frames(self):
        self.agrees("frames")

    def test_frames_with_all_classes(self):
        self.agrees("frames", "events=all")

    def test_frames_with_the_systems_clock(self):
        self.agrees("frames", "clock=monotonic")

    def test_frames_without_a_clock(self):
        self.agrees("frames", "clock=none")

    def test_tasks(self):
        self.agrees("tasks", "events=frame+aio+gil+thread")

    def test_references(self):
        self.agrees("references", "events=frame+ref+buf+mark+gc")

    def test_references_of_all_objects(self):
        self.agrees("references", "events=ref+mark:churn=yes")

    def test_recordings_that_stop_and_begin(self):
        self.agrees("switching")

    def test_a_full_file(self):
        self.agrees("full")

    def test_a_ring(self):
        self.agrees("ring")

    def test_a_killed_process(self):
        self.agrees("killed", signal=9)

    def test_a_wheel(self):
        cache = os.environ.get("GLASSBOX_CACHE") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "glassbox")
        found = sorted(pathlib.Path(cache, "packages").glob(f"numpy-{'ft' if FREE_THREADED else 'gil'}-*"))
        if not found:
            self.skipTest("cannot run here: no numpy for this interpreter")
        with unittest.mock.patch.dict(os.environ, {"PYTHONPATH": str(found[-1])}):
            self.agrees("wheel", "events=frame+buf+gil")

    def test_the_frames_and_the_lock_are_compared(self):
        said = witness(HERE / "honest" / "frames.py")
        self.assertGreater(said["report"]["frames compared"], 20)
        self.assertGreater(said["report"]["code compared"], 20)
        self.assertTrue(FREE_THREADED or said["report"]["holders compared"] > 20)


class Hooks(unittest.TestCase):
    def test_no_hook_is_a_jump(self):
        """The return address tells a hook: whoever jumps to the recorder leaves none."""
        objdump = shutil.which("objdump")
        if objdump is None:
            self.skipTest("cannot run here: no objdump")
        own, jumps = False, []
        with subprocess.Popen([objdump, "-d", "--no-show-raw-insn", sys.executable], stdout=subprocess.PIPE, text=True) as code:
            for line in code.stdout:
                if line.endswith(">:\n"):
                    function = line.split("<")[1][:-3]
                    own = function.startswith("_PyGlassbox") or function.split(".")[0] in OWN
                elif "<_PyGlassbox_" in line and "\tj" in line and not own:
                    jumps.append(f"{function}: {line.strip()}")
        self.assertEqual(jumps, [])


class Forgeries(unittest.TestCase):
    """A test for each file, whose first word is the violation's name."""


def add(path):
    expected = path.read_text().split('"""')[1].split(":")[0]

    def test(self):
        said = witness(path)
        if said["violation"] != expected and "LookupError" in said["stderr"]:
            self.fail(said["stderr"])
        self.assertEqual(said["violation"], expected, f"{said['sentence']}\n{said['stderr']}")

    test.__doc__ = path.name
    setattr(Forgeries, f"test_{path.stem}_is_{expected.replace('-', '_')}", test)


for forgery in sorted((HERE / "forgeries").glob("*.py")):
    if forgery.stem != "forging":
        add(forgery)
