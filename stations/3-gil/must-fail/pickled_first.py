"""Interpreters that are handed pickles, as processes are."""
import pathlib
import pickle
import runpy
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import workers  # noqa: E402


class Pickling(workers.Interpreter):
    """An interpreter that can be handed anything."""

    text = workers.Interpreter.text.replace("INBOX)[0]", "INBOX)[0]; arguments = arguments and pickle.loads(arguments)")
    text = text.replace("import os, sys", "import os, pickle, sys")

    def put(self, thing):
        super().put(None if thing is None else pickle.dumps(thing))


if __name__ == "__main__":
    workers.Interpreter = Pickling
    runpy.run_path(str(EXPERIMENTS / "passing.py"), run_name="__main__")
