"""Watch instructions specialize: warm up, succeed, fail, miss, change their mind.

At its end it prints the adaptive code of all its functions, which tracing has to leave unchanged.
"""
import dis
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


def f(x):
    return x * x + 1


def mixed(a, b):
    return a + b


def flip(a, b):
    return a + b


def tour(points, table):
    """One site of almost every family."""
    total = 0
    for point in points:
        a, b = point.x, point.y
        point.x = a
        if a > b and "seen" not in table:
            table["seen"] = len(points)
        total += point.norm() + table["seen"]
        if table:
            total -= 1
    return total


def instructions(function):
    """Every instruction as dis shows it now, with its cache."""
    return dis.get_instructions(function, adaptive=True, show_caches=True)


def counter(instruction):
    """The adaptive counter, which is the first thing in the cache; "-" if there is none."""
    cache = instruction.cache_info
    return int.from_bytes(cache[0][2], sys.byteorder) if cache else "-"


call = 0

mark("warm-up", "begin")
for call in range(6):
    f(3)
mark("warm-up", "end")

mark("mixed", "begin")
for call in range(130):
    mixed(1, 2.0)
mark("mixed", "end")

mark("flip", "ints")
for call in range(4):
    flip(1, 2)
mark("flip", "floats")
for call in range(60):
    flip(1.5, 2.5)
mark("flip", "end")

mark("tour", "begin")
for call in range(3):
    tour([Point(3, 1), Point(4, 2), Point(5, 3)], {"seen": 0})
mark("tour", "end")

SUBJECTS = f, mixed, flip, tour, Point.norm, Point.__init__

mark("dis", "begin")
for function in SUBJECTS:
    for instruction in instructions(function):
        site = f"dis {function.__qualname__} {instruction.offset // 2} {instruction.baseopname}"
        mark(site, instruction.opname)
mark("dis", "end")

for function in SUBJECTS:
    print(function.__qualname__)
    for instruction in instructions(function):
        print(" ", instruction.offset // 2, instruction.opname, counter(instruction))
