"""Transposes of arrays of seven sizes, and copies of them.

Each size has two parts between marks: the transpose is made, and then both arrays are looked at through the
buffer protocol.  What a transpose and a copy take is measured beside it, the best of many.
"""
import functools
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


def took_ns(work: Callable[[], object], times: int) -> float:
    """What so many calls take, for one of them."""
    begin = time.perf_counter_ns()
    for _ in range(times):
        work()
    return (time.perf_counter_ns() - begin) / times


def best_ns(work: Callable[[], object]) -> float:
    """The shortest of some rounds, each of as many calls as fit into a fifth of a millisecond."""
    work()  # the first call meets caches that are cold
    first = took_ns(work, 1)
    times = max(1, min(200, round(200_000 / first)))
    return min(took_ns(work, times) for _ in range(5))


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
        mark("transpose ps", round(1000 * best_ns(functools.partial(transposed, array))))
        mark("copy ps", round(1000 * best_ns(array.copy)))
        mark(f"transpose {size}", "end")
        del array, turned


if __name__ == "__main__":
    main()
