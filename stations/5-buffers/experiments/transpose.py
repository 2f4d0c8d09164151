"""Transposes of arrays of seven sizes, and copies of them.

Each size has two parts between marks: the transpose is made, and then both arrays are looked at through the
buffer protocol.  What a transpose and a copy take is measured beside it, the best of many.
"""
import time
from collections.abc import Callable

import numpy as np

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

COLUMNS = 5
SIZES = [10**n for n in range(1, 8)]  # numbers in an array


def transposed(array: np.ndarray) -> np.ndarray:
    """What is asked about."""
    return array.T


def best_ns(work: Callable[[], object], rounds: int, times: int) -> float:
    """The shortest of some rounds of so many calls, for one call."""
    best = None
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        for _ in range(times):
            work()
        took = (time.perf_counter_ns() - begin) / times
        best = took if best is None or took < best else best
    return best


def main() -> None:
    for size in SIZES:
        array = np.zeros((size // COLUMNS, COLUMNS))
        array[-1, -1] = 1
        mark(f"transpose {size}", "made")
        turned = transposed(array)
        mark(f"transpose {size}", "looked at")
        memoryview(array).release()
        memoryview(turned).release()
        mark(f"transpose {size}", "timed")
        few = max(1, min(200, 2_000_000 // size))
        mark("transpose ps", round(1000 * best_ns(lambda: transposed(array), 7, few)))
        mark("copy ps", round(1000 * best_ns(array.copy, 3, max(1, few // 10))))
        mark(f"transpose {size}", "end")
        del array, turned


if __name__ == "__main__":
    main()
