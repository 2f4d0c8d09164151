"""A transpose and a C library: refused, computed wrong, and copied.

Each part stands between two marks of its own name.  The library's right answer is what it says of the copy.
"""
import numpy as np
import rows_library

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SHAPE = (300, 200)


def turned(array: np.ndarray) -> np.ndarray:
    """What the library is given."""
    return array.T


def asks(rows, array: np.ndarray) -> float:
    """The function that asks for contiguous memory."""
    return rows.weighted(array)


def ignores(rows, array: np.ndarray) -> float:
    """The one that takes what it gets."""
    return rows.weighted_careless(array)


def copied(array: np.ndarray) -> np.ndarray:
    """What makes it right."""
    return array.copy()


def main() -> None:
    rows = rows_library.module()
    by_pointer = rows_library.function()
    array = np.arange(SHAPE[0] * SHAPE[1], dtype=float).reshape(SHAPE)
    view = turned(array)

    mark("asked for contiguous", "the array")
    asks(rows, array)
    mark("asked for contiguous", "its transpose")
    try:
        print("not refused:", asks(rows, view))
    except (BufferError, ValueError) as refusal:
        print("refused:", refusal)
    mark("asked for contiguous", "end")

    mark("strides ignored", "begin")
    careless = ignores(rows, view)
    mark("strides ignored", "by pointer")
    pointed = by_pointer(view.ctypes.data, *view.shape)
    mark("strides ignored", "end")

    mark("copied", "begin")
    copy = copied(view)
    mark("copied", "given")
    right = rows.weighted(copy)
    mark("copied", "end")

    mark("right", round(right))
    mark("careless", round(careless))
    mark("pointed", round(pointed))
    mark("strided", round(rows.weighted_strided(view)))
    print("right:", right, "careless:", careless, "by pointer:", pointed)


if __name__ == "__main__":
    main()
