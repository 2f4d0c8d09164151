"""The benchmark with interpreters of the kind that shares the main interpreter's lock."""
import pathlib
import runpy
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import workers  # noqa: E402

workers.Interpreter.config = "legacy"
runpy.run_path(str(EXPERIMENTS / "primes.py"), run_name="__main__")
