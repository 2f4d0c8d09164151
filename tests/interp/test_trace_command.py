"""`glassbox trace` runs any program, and the program does not notice."""

import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import time
import unittest

GLASSBOX = os.environ["GLASSBOX"]
LOOP = """
import time
try:
    print('ready', flush=True)
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    print('interrupted', flush=True)
    raise SystemExit(9)
"""


def trace(*arguments, **options):
    """Run glassbox trace on this very interpreter."""
    return subprocess.run([GLASSBOX, "trace", "--python", sys.executable, *arguments],
                          capture_output=True, text=True, timeout=120, **options)


class Case(unittest.TestCase):
    def setUp(self):
        for old in pathlib.Path(".").glob("*.gbx*"):
            old.unlink()
        pathlib.Path("app.py").write_text(
            "import sys\n"
            "def work(): pass\n"
            "work()\n"
            "print('out', sys.argv[1:], sys.stdin.read())\n"
            "print('err', file=sys.stderr)\n"
            "sys.exit(7)\n")


class Running(Case):
    def test_the_program_has_its_own_streams_arguments_and_status(self):
        done = trace("-q", "app.py", "-q", "--help", input="in")
        self.assertEqual((done.stdout, done.stderr, done.returncode),
                         ("out ['-q', '--help'] in\n", "err\n", 7))

    def test_the_last_line_on_stderr_says_what_was_recorded(self):
        done = trace("app.py")
        self.assertRegex(done.stderr, r"^err\nglassbox: [\d,]+ events in 1 thread of 1 process, "
                                      r"none lost: glassbox show app\.gbx\n$")

    def test_the_trace_is_called_after_the_program(self):
        os.makedirs("sub", exist_ok=True)
        pathlib.Path("sub/module_a.py").write_text("pass\n")
        for arguments, name in [(["sub/module_a.py"], "module_a.gbx"), (["-c", "pass"], "python.gbx"),
                                (["-m", "sub.module_a"], "sub.module_a.gbx"),
                                (["-msub.module_a"], "sub.module_a.gbx"),
                                (["--", "-X", "dev", "-W", "error", "sub/module_a.py"], "module_a.gbx"),
                                (["-o", "chosen", "-c", "pass"], "chosen"), (["-"], "python.gbx")]:
            with self.subTest(arguments):
                done = trace(*arguments, input="")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stderr.endswith(f": glassbox show {name}\n"), done.stderr)
                os.unlink(name)

    def test_what_is_recorded_is_what_was_asked_for(self):
        trace("-e", "frame,mark", "--ring", "--limit=512K", "--no-clock", "-o", "t.gbx", "app.py")
        shown = subprocess.run([GLASSBOX, "show", "--json", "t.gbx"], capture_output=True,
                               text=True, check=True)
        classes = {json.loads(line)["class"] for line in shown.stdout.splitlines()}
        self.assertLessEqual(classes, {"frame", "mark", "stream"})
        self.assertIn("frame", classes)
        self.assertLessEqual(os.stat("t.gbx").st_size, 1 << 20)

    def test_an_isolated_program_is_recorded_too(self):
        for option in ("-I", "-E", "-IB"):
            done = trace("-o", "t.gbx", "--", option, "app.py")
            self.assertRegex(done.stderr, r"events in 1 thread", option)

    def test_the_programs_own_environment_stays(self):
        done = trace("-q", "-c", "import os; print(os.environ['PYTHONUTF8'], os.environ['MINE'])",
                     env=os.environ | {"PYTHONUTF8": "1", "MINE": "2"})
        self.assertEqual(done.stdout, "1 2\n")

    def test_children_are_in_the_trace_wherever_they_run(self):
        code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], cwd='/', check=True)"
        done = trace("-o", "t.gbx", "-c", code)
        self.assertIn("in 2 threads of 2 processes", done.stderr)

    def test_a_killed_program_leaves_a_trace_and_its_signal(self):
        done = trace("-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        self.assertEqual(done.returncode, 128 + signal.SIGKILL)
        self.assertIn("events", done.stderr)

    def test_what_did_not_fit_is_counted(self):
        loop = "def f(): pass\nfor i in range(100000): f()"
        done = trace("-e", "frame", "--limit=256K", "-c", loop)
        self.assertRegex(done.stderr, r"[\d,]+ lost \(the limit was reached")
        done = trace("-e", "frame", "--ring", "--limit=256K", "-c", loop)
        self.assertRegex(done.stderr, r"[\d,]+ older ones overwritten, none lost")


class Refusing(Case):
    def refuses(self, status, sentence, *arguments, **options):
        done = trace(*arguments, **options)
        self.assertEqual((done.stderr.strip(), done.returncode, done.stdout),
                         (f"glassbox: {sentence}", status, ""))

    def test_a_file_that_is_no_trace_is_kept(self):
        source = pathlib.Path("app.py").read_text()
        self.refuses(2, f"'{os.getcwd()}/app.py' is there and is no trace that this program reads: "
                        "choose another file, or delete it", "-o", "app.py", "app.py")
        self.assertEqual(pathlib.Path("app.py").read_text(), source)

    def test_an_interpreter_without_a_recorder_runs_nothing(self):
        pathlib.Path("fake").write_text("#!/bin/sh\ncase \"$*\" in *app.py*) touch ran;; esac\n"
                                        "echo probe cpython 3.11.2 0 0 0 0\n")
        os.chmod("fake", 0o755)
        self.refuses(2, f"'{os.getcwd()}/fake' is CPython 3.11.2, not instrumented: "
                        "it would record nothing", "--python", "./fake", "app.py")
        self.assertFalse(os.path.exists("ran"))

    def test_what_is_no_python_is_called_so(self):
        self.refuses(2, "'/bin/true' does not answer like a Python: it exited with status 0",
                     "--python", "/bin/true", "app.py")

    def test_wrong_usage_is_64(self):
        see = "; see 'glassbox trace --help'"
        self.refuses(64, "no program is named" + see)
        self.refuses(64, "no class or event is called 'frames'" + see, "-e", "frames", "app.py")
        self.refuses(64, "whole classes are recorded, not single events" + see, "-e", "spec.miss", "app.py")
        self.refuses(64, "an option lacks its argument" + see, "-o")
        self.refuses(64, "unknown option" + see, "--colour", "app.py")
        self.refuses(64, "--limit is a size of at least 256K, such as 64M" + see, "--limit", "1K", "app.py")

    def test_a_program_that_leaves_no_trace_is_our_failure(self):
        pathlib.Path("fake").write_text("#!/bin/sh\necho probe cpython 3.13.5 1 0 0 0\n")
        os.chmod("fake", 0o755)
        done = trace("--python", "./fake", "app.py")
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"the program left no trace at '{os.getcwd()}/app.gbx'", done.stderr)


class Replacing(Case):
    def test_a_second_run_replaces_the_first_and_its_children(self):
        children = ("import subprocess, sys\n"
                    "for i in range(3): subprocess.run([sys.executable, '-c', 'pass'])")
        trace("-o", "t.gbx", "-c", children)
        first = set(pathlib.Path(".").glob("t.gbx.*"))
        self.assertEqual(len(first), 3)
        pathlib.Path("t.gbx.notes").write_text("mine")
        done = trace("-o", "t.gbx", "-c", "pass")
        self.assertIn("of 1 process", done.stderr)
        self.assertEqual([path.name for path in pathlib.Path(".").glob("t.gbx.*")], ["t.gbx.notes"])

    def test_a_running_recording_is_not_replaced(self):
        with subprocess.Popen([sys.executable, "-X", "glassbox=t.gbx", "-c", "print(flush=True); input()"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
            running.stdout.readline()
            done = trace("-o", "t.gbx", "-c", "pass")
            self.assertEqual((done.returncode, done.stderr), (
                2, f"glassbox: '{os.getcwd()}/t.gbx' is being written by process {running.pid}: "
                   "choose another file\n"))
            running.communicate(b"\n")


class Interrupting(Case):
    def on_a_terminal(self, act):
        """Run LOOP under a terminal, act(pid, terminal) once it is ready; what was shown, and the status."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(GLASSBOX, [GLASSBOX, "trace", "--python", sys.executable, "-o", "t.gbx", "-c", LOOP])
        shown, acted, until = "", False, time.monotonic() + 60
        while time.monotonic() < until:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 4096).decode()
                except OSError:
                    break
            if "ready" in shown and not acted:
                acted = True
                act(pid, terminal)
        os.close(terminal)
        return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_ctrl_c_is_the_programs_and_the_trace_stays(self):
        shown, status = self.on_a_terminal(lambda pid, terminal: os.write(terminal, b"\x03"))
        self.assertEqual(shown.count("interrupted"), 1)
        self.assertRegex(shown, r"glassbox: [\d,]+ events in 1 thread")
        self.assertEqual(status, 9)

    def test_a_signal_to_us_alone_is_passed_on(self):
        shown, status = self.on_a_terminal(lambda pid, terminal: os.kill(pid, signal.SIGINT))
        self.assertEqual(shown.count("interrupted"), 1)
        self.assertEqual(status, 9)
        shown, status = self.on_a_terminal(lambda pid, terminal: os.kill(pid, signal.SIGTERM))
        self.assertRegex(shown, r"glassbox: [\d,]+ events in 1 thread")
        self.assertEqual(status, 128 + signal.SIGTERM)

    def test_the_program_can_read_from_the_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(GLASSBOX, [GLASSBOX, "trace", "-q", "--python", sys.executable, "-o", "t.gbx", "-c",
                                "print(input('? ') * 2)"])
        os.write(terminal, b"ab\n")
        shown = b""
        while b"abab" not in shown and select.select([terminal], [], [], 60)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
        os.close(terminal)
        os.waitpid(pid, 0)
        self.assertIn(b"abab", shown)


if __name__ == "__main__":
    unittest.main()
