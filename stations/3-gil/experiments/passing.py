"""What it costs to hand data to a worker: nothing, one copy, or several.

The data goes to the worker and only its size comes back.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import workers  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SIZES = (1_000, 100_000, 1_000_000, 8_000_000)
KINDS = (workers.Process, workers.Interpreter, workers.Thread)
ROUNDS = 3

if __name__ == "__main__":
    team = [Kind("work") for Kind in KINDS]
    for worker in team:  # everybody is awake
        worker.ask(b"", 0)
        worker.answer()
    mark("largest", SIZES[-1])
    for size in SIZES:
        data = b"x" * size
        for _ in range(ROUNDS):
            for worker in team:
                mark("pass", f"{size} to {worker.kind}")
                worker.ask(data, 0)
                worker.answer()
                mark("pass", "end")
    for worker in team:
        worker.close()
