"""Workers that are called threads, and are interpreters."""
import pathlib
import runpy
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import workers  # noqa: E402


class Disguised(workers.Interpreter):
    """An interpreter under another name."""

    kind = "threads"


if __name__ == "__main__":
    workers.Thread = Disguised
    runpy.run_path(str(EXPERIMENTS / "starting.py"), run_name="__main__")
