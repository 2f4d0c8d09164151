"""A pool of threads and NumPy: four mixtures of Python and of NumPy's inner loops.

Each mixture is done by one thread twice, and then by two threads of a pool once each.  The parts stand
between marks; how much of its time a thread is without the lock is for the trace to say.
"""
from concurrent.futures import ThreadPoolExecutor

import numpy as np

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

WORKERS = 2
ROUNDS = 5
SIZE = 40_000  # numbers in an array: long enough for NumPy to let go of the lock
DTYPE = float
FUNCTION = np.sin
MIXTURES = {  # name: steps of Python, calls of NumPy, and how often the two take turns
    "Python": (10_000, 0, 24),
    "half and half": (10_000, 1, 24),
    "mostly NumPy": (4_000, 2, 12),
    "NumPy": (0, 3, 10),
}


def python(steps: int) -> int:
    """So many steps of Python."""
    total = 0
    for step in range(steps):
        total += step
    return total


def mixture(numbers: np.ndarray, out: np.ndarray, steps: int, calls: int, turns: int) -> None:
    """Python and NumPy by turns."""
    for _ in range(turns):
        python(steps)
        for _ in range(calls):
            FUNCTION(numbers, out=out)


def main() -> None:
    arrays = [(np.linspace(0, 1, SIZE).astype(DTYPE), np.empty(SIZE, DTYPE)) for _ in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="pool") as pool:
        list(pool.map(lambda pair: mixture(*pair, 1, 1, 1), arrays))  # everybody is awake
        for _ in range(ROUNDS):
            for name, recipe in MIXTURES.items():
                mark(name, "alone")
                for pair in arrays:
                    mixture(*pair, *recipe)
                mark(name, "together")
                list(pool.map(lambda pair, recipe=recipe: mixture(*pair, *recipe), arrays))
                mark(name, "end")
    mark("workers", WORKERS)
    print(f"{len(MIXTURES)} mixtures, {WORKERS} threads")


if __name__ == "__main__":
    main()
