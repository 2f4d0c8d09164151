"""What strides can say, and what they cannot: views, and hidden copies.

Each way to make an array of another stands between marks of its own, and is then looked at through the
buffer protocol.
"""
from collections.abc import Callable

import numpy as np

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

ROWS, COLUMNS = 400, 500
PICKED = np.cumsum(np.arange(28))  # 0, 1, 3, 6, 10...: no equal steps

Way = Callable[[np.ndarray], np.ndarray]

# What one extent and one stride for each axis can describe.
VIEWS: dict[str, Way] = {
    "a[10:20]": lambda a: a[10:20],
    "a[:, ::-2]": lambda a: a[:, ::-2],
    "a.reshape(-1)": lambda a: a.reshape(-1),
    "a.T[3]": lambda a: a.T[3],
    "a.diagonal()": lambda a: a.diagonal(),
    "broadcast_to(a[0])": lambda a: np.broadcast_to(a[0], (1000, COLUMNS)),
}
# And what it cannot: numbers that are no equal steps apart.
COPIES: dict[str, Way] = {
    "a.T.reshape(-1)": lambda a: a.T.reshape(-1),
    "a[[0, 1, 3, 6...]]": lambda a: a[PICKED],
    "a[:, 1:].ravel()": lambda a: a[:, 1:].ravel(),
    "ascontiguousarray(a.T)": lambda a: np.ascontiguousarray(a.T),
}


def main() -> None:
    array = np.arange(ROWS * COLUMNS, dtype=float).reshape(ROWS, COLUMNS)
    mark("the array", "begin")
    memoryview(array).release()
    mark("the array", "end")
    for kind, ways in ("view", VIEWS), ("copy", COPIES):
        for name, way in ways.items():
            mark(kind, name)
            made = way(array)
            mark(f"look at {name}", "begin")
            memoryview(made).release()
            mark(f"look at {name}", "end")
            del made
        mark(kind, "end")


if __name__ == "__main__":
    main()
