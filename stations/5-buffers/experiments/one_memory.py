"""One memory and many types: who sees it, who keeps it, and who cannot change it.

Each part stands between two marks of its own name.
"""
import array
import gc
from collections.abc import Callable

import numpy as np

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded

    def mark(*what: object) -> None:
        print(*what)

    def watch(thing: object, name: str) -> None:
        print("watched:", name)


NUMBERS = 1000


def as_array(exporter: object) -> np.ndarray:
    """NumPy's view of somebody's memory."""
    return np.frombuffer(exporter)


def exchanged(made: np.ndarray) -> np.ndarray:
    """The same array, handed over by DLPack."""
    return np.from_dlpack(made)


def kept(exporter: object) -> object:
    """What outlives its exporter's name."""
    return memoryview(exporter)


def chained(exporter: object) -> object:
    """The same, three steps away: a slice of an array of a memoryview."""
    return np.frombuffer(memoryview(exporter))[::2]


def held(exporter: object) -> list:
    """Three views of one memory."""
    return [memoryview(exporter), np.frombuffer(exporter), memoryview(np.frombuffer(exporter))]


def keep(name: str, keeps: Callable[[object], object]) -> None:
    """Delete the name of what is lent, and then what borrows it."""
    numbers = array.array("d", range(NUMBERS))
    watch(numbers, f"numbers {name}")
    mark(f"kept by {name}", "begin")
    borrowed = keeps(numbers)
    mark(f"kept by {name}", "del")
    del numbers
    mark(f"kept by {name}", "release")
    del borrowed
    mark(f"kept by {name}", "end")


def grow(name: str, exporter: array.array | bytearray) -> None:
    """Try to make it larger, while it is lent and afterwards."""
    mark(f"growing {name}", "begin")
    views = held(exporter)
    mark(f"growing {name}", "append")
    try:
        exporter.append(1)
        print("appended")
    except BufferError as refusal:
        print("refused:", refusal)
    mark(f"growing {name}", "give back")
    del views
    mark(f"growing {name}", "append again")
    try:
        exporter.append(2)
    except BufferError as refusal:
        print("refused:", refusal)
    mark(f"growing {name}", "end")


def main() -> None:
    gc.disable()
    # --- one address ------------------------------------------------------------------------------
    for name, exporter in ("bytes", bytes(8 * NUMBERS)), ("array", array.array("d", range(NUMBERS))):
        mark(f"seen from {name}", "begin")
        view = memoryview(exporter)
        seen = as_array(view)
        memoryview(seen).release()
        mark(f"seen from {name}", "end")
        del view

    # --- handed over without a buffer -------------------------------------------------------------
    mark("exchange", "begin")
    other = exchanged(seen)
    mark("exchange", "look")
    memoryview(other).release()
    mark("exchange", "end")
    del seen, other, exporter

    keep("a memoryview", kept)
    keep("a slice of an array", chained)
    grow("an array", array.array("d", range(NUMBERS)))
    grow("a bytearray", bytearray(8 * NUMBERS))


if __name__ == "__main__":
    main()
