"""One memory and many types: who sees it, who keeps it, and who cannot change it.

Each part stands between two marks of its own name.
"""
import array
import gc

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


def held(exporter: array.array) -> list:
    """Three views of one memory."""
    return [memoryview(exporter), np.frombuffer(exporter), memoryview(np.frombuffer(exporter))]


def main() -> None:
    gc.disable()
    # --- one address ------------------------------------------------------------------------------
    for name, exporter in ("bytes", bytes(8 * NUMBERS)), ("array", array.array("d", range(NUMBERS))):
        mark(f"seen from {name}", "begin")
        seen = as_array(exporter)
        memoryview(exporter).release()
        memoryview(seen).release()
        mark(f"seen from {name}", "end")

    # --- handed over without a buffer -------------------------------------------------------------
    mark("exchange", "begin")
    other = exchanged(seen)
    mark("exchange", "look")
    memoryview(other).release()
    mark("exchange", "end")
    del seen, other, exporter

    # --- who keeps whom alive ---------------------------------------------------------------------
    numbers = array.array("d", range(NUMBERS))
    watch(numbers, "numbers")
    mark("kept alive", "begin")
    view = kept(numbers)
    mark("kept alive", "del")
    del numbers
    mark("kept alive", "release")
    del view
    mark("kept alive", "end")

    # --- what is lent cannot grow -----------------------------------------------------------------
    numbers = array.array("d", range(NUMBERS))
    mark("growing", "begin")
    views = held(numbers)
    mark("growing", "append")
    try:
        numbers.append(1)
        print("appended")
    except BufferError as refusal:
        print("refused:", refusal)
    mark("growing", "give back")
    del views
    mark("growing", "append again")
    try:
        numbers.append(2)
    except BufferError as refusal:
        print("refused:", refusal)
    mark("growing", "end")


if __name__ == "__main__":
    main()
