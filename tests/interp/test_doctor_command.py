"""`glassbox doctor` looks, and says what to do; its status says whether station 1 can run."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

GLASSBOX = os.environ["GLASSBOX"]


def doctor(*arguments, **environment):
    return subprocess.run([GLASSBOX, "doctor", *arguments], capture_output=True, text=True, timeout=120,
                          env=os.environ | {"PYTHON": sys.executable} | environment)


def findings(**environment):
    done = doctor("--json", **environment)
    said = json.loads(done.stdout)
    return said, {finding["name"]: finding for finding in said["findings"]}, done.returncode


class Doctor(unittest.TestCase):
    def test_this_interpreter_can_run_station_1(self):
        said, by_name, status = findings()
        self.assertEqual((said["ready"], status), (True, 0), said)
        version = ".".join(map(str, sys.version_info[:3]))
        self.assertIn(f"CPython {version}", by_name["interpreter"]["text"])
        self.assertIn(", instrumented", by_name["interpreter"]["text"])
        self.assertEqual("free-threaded" in by_name["interpreter"]["text"], "t" in sys.abiflags)

    def test_the_machine_is_this_one(self):
        _, by_name, _ = findings()
        self.assertIn(os.uname().release, by_name["kernel"]["text"])
        self.assertTrue(by_name["cores"]["text"].startswith(f"{len(os.sched_getaffinity(0))} for us"))
        self.assertGreaterEqual(by_name["GPU"]["ok"], os.path.exists("/dev/nvidia0"))

    def test_each_missing_need_is_named_and_keeps_station_1_from_running(self):
        for name, environment in {
            "interpreter": {"PYTHON": "no-such-python"},
            "stations": {"GLASSBOX_STATIONS": "/no/such"},
            "C sources": {"GLASSBOX_SOURCE": "/no/such"},
            "TMPDIR": {"TMPDIR": "/proc"},
        }.items():
            with self.subTest(name):
                said, by_name, status = findings(**environment)
                self.assertEqual((said["ready"], status), (False, 2))
                self.assertEqual([n for n, f in by_name.items() if f["required"] and not f["ok"]], [name])
                text = doctor(**environment).stdout
                self.assertRegex(text, rf"(?m)^needed   {name} ")
                self.assertTrue(text.endswith("cannot run here until what is needed is there.\n"))

    def test_an_interpreter_without_a_recorder_is_not_enough(self):
        pathlib.Path("fake").write_text("#!/bin/sh\necho probe cpython 3.11.2 0 0 0 0\n")
        os.chmod("fake", 0o755)
        _, by_name, status = findings(PYTHON="./fake")
        self.assertEqual(status, 2)
        self.assertIn("CPython 3.11.2, not instrumented", by_name["interpreter"]["text"])

    def test_it_leaves_nothing_behind(self):
        os.makedirs("scratch", exist_ok=True)
        before = sorted(os.listdir("."))
        doctor(TMPDIR=os.path.abspath("scratch"))
        self.assertEqual((sorted(os.listdir(".")), os.listdir("scratch")), (before, []))

    def test_lines_fit_80_columns(self):
        for line in doctor().stdout.splitlines():
            if len(line) > 80:                   # one word that cannot be broken, such as a path
                self.assertEqual(len(line.split()), 1, line)

    def test_wrong_usage_is_64(self):
        self.assertEqual(doctor("everything").returncode, 64)
        self.assertEqual(doctor("--yaml").returncode, 64)


if __name__ == "__main__":
    unittest.main()
