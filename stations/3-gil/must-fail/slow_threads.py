"""Threads that take their time before they begin."""
import pathlib
import runpy
import sys
import time

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import workers  # noqa: E402


class Slow(workers.Thread):
    """A thread that oversleeps."""

    def work(self):
        time.sleep(0.15)
        super().work()


if __name__ == "__main__":
    workers.Thread = Slow
    runpy.run_path(str(EXPERIMENTS / "starting.py"), run_name="__main__")
