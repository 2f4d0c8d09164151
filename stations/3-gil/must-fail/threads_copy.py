"""Threads that pickle their data, in the slowest way there is."""
import pathlib
import pickle
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import regions  # noqa: E402
import workers  # noqa: E402


class Pickling(workers.Thread):
    """A thread that is handed a text from which it can make the data."""

    def ask(self, data, steps):
        super().ask(pickle.loads(pickle.dumps(data, protocol=0)), steps)


regions.STEPS = regions.STEPS[::4]
regions.main((workers.Process, workers.Interpreter, Pickling))
