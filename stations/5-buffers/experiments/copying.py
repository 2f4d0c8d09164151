"""What copies of a transpose cost: three kinds of numbers, and the same as bytes.

Each copy stands between marks of its own, and is then looked at through the buffer protocol.
"""
import sys

import numpy as np

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SHAPE = (300, 200)
KINDS = "int16", "float64", "complex128"


def copied(array: np.ndarray) -> np.ndarray:
    """What costs something."""
    return array.copy()


def as_bytes(array: np.ndarray) -> bytes:
    """The same numbers, as an object that is no array."""
    return array.tobytes()


def main() -> None:
    mark("numbers", SHAPE[0] * SHAPE[1])
    for kind in KINDS:
        turned = np.zeros(SHAPE, kind).T
        mark("copied", kind)
        made = copied(turned)
        mark(f"look at {kind}", "begin")
        memoryview(made).release()
        mark(f"look at {kind}", "end")
    mark("copied", "bytes")
    made = as_bytes(turned)
    mark("look at bytes", "begin")
    memoryview(made).release()
    mark("look at bytes", "end")
    mark("copied", "end")
    mark("header", sys.getsizeof(made) - len(made))


if __name__ == "__main__":
    main()
