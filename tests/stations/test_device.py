"""Station 6's recorder of a device, on a device made of threads: what it prints is what the claims look for.

No machine that runs these tests has a CUDA device. threads_as_torch.py stands in for PyTorch in an interpreter
of its own, which `glassbox` is given by PYTHON=; it has the manners of a device and says that it is none.
Run by check.py.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEVICE = ROOT / "stations/6-torch/experiments/device.py"
VERDICT = re.compile(r"^ *(PASS|FAIL|SKIPPED|INSUFFICIENT|BROKEN) +(6\.3[a-d]) ", re.MULTILINE)
TRIES = 4  # another program may have the processor while somebody should launch


class ADeviceOfThreads(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", cls.folder.name], check=True)
        cls.python = Path(cls.folder.name) / "bin/python"
        site = next(Path(cls.folder.name).glob("lib/python*/site-packages"))
        shutil.copy(Path(__file__).with_name("threads_as_torch.py"), site / "torch.py")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def verdicts(self, **settings: str) -> dict[str, str]:
        done = subprocess.run(
            [ROOT / "glassbox", "explain", "6.3"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHON": str(self.python), **settings},
        )
        self.said = done.stdout
        return {claim: verdict for verdict, claim in VERDICT.findall(done.stdout)}

    def wait_for(self, right: dict[str, str], **settings: str) -> None:
        """Times are times: a busy machine gets another chance."""
        for _ in range(TRIES):
            verdicts = self.verdicts(**settings)
            if right.items() <= verdicts.items():
                return
        self.assertEqual({**verdicts, **right}, verdicts, self.said)

    def test_all_claims_pass_on_what_the_recorder_prints(self) -> None:
        self.wait_for({f"6.3{letter}": "PASS" for letter in "abcd"})
        self.assertIn("threads, and no device", self.said)

    def test_launches_that_block_are_told_from_those_that_return(self) -> None:
        self.wait_for({"6.3a": "FAIL", "6.3b": "FAIL"}, CUDA_LAUNCH_BLOCKING="1")

    def test_without_a_device_all_are_skipped(self) -> None:
        self.assertEqual(self.verdicts(NO_DEVICE="1"), {f"6.3{letter}": "SKIPPED" for letter in "abcd"})

    def test_a_page_says_where_it_was_seen(self) -> None:
        page = json.loads(subprocess.run([self.python, DEVICE], check=True, stdout=subprocess.PIPE).stdout)
        self.assertEqual(page["provenance"]["device"], "threads, and no device")
        self.assertRegex(page["provenance"]["when"], r"^20\d\d-\d\d-\d\dT")
        self.assertRegex(page["provenance"]["program_sha256"], r"^[0-9a-f]{64}$")
        self.assertIs(page["recorded"], False)
        self.assertEqual({span["part"] for span in page["spans"]}, {
            "synchronize", "item", "one stream", "two streams", "beside item", "beside synchronize"})

    def test_a_recording_is_shown_where_there_is_no_device(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with open(Path(folder) / "threads.json", "w") as to:
                subprocess.run([self.python, DEVICE], check=True, stdout=to)
            show = ("import json, pathlib, sys; sys.path.insert(0, sys.argv[1]); import device; "
                    "device.RECORDINGS = pathlib.Path(sys.argv[2]); print(json.dumps(device.page()))")
            done = subprocess.run([self.python, "-c", show, DEVICE.parent, folder], check=True,
                                  stdout=subprocess.PIPE, env={**os.environ, "NO_DEVICE": "1"})
            page = json.loads(done.stdout)
            self.assertIs(page["recorded"], True)
            self.assertEqual(page["provenance"]["device"], "threads, and no device")


if __name__ == "__main__":
    unittest.main()
