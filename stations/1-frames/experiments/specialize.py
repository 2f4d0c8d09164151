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


class Other(Point):
    """Another class, with the same attributes."""


def f(x):
    return x * x + 1


def first(point):
    return point.x


def mixed(a, b):
    return a + b


def flip(a, b):
    return a + b


def mostly(a, b):
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
    """The adaptive counter, which is the first thing in the cache; "-" if there is no cache.

    A jump has the record of its last sixteen turns there, which tracing has to leave alone as well.
    """
    cache = instruction.cache_info
    return int.from_bytes(cache[0][2], sys.byteorder) if cache else "-"


def show_opcodes(function):
    """Record the opcode that each instruction has now."""
    for instruction in instructions(function):
        site = f"{function.__qualname__} {instruction.offset // 2} {instruction.baseopname}"
        mark(f"dis {site}", instruction.opname)


def show_counters(function):
    """Record the counter of each instruction that has one, and the opcode that it has now."""
    for instruction in instructions(function):
        if counter(instruction) != "-":
            site = f"{function.__qualname__} {instruction.offset // 2} {instruction.baseopname}"
            mark(f"counter {site}", f"{counter(instruction) >> 4} {instruction.opname}")


call = 0

mark("warm-up", "begin")
for call in range(6):
    show_counters(f)
    f(3)
show_counters(f)
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

mark("classes", "one")
for call in range(4):
    first(Point(1, 2))
show_opcodes(first)
mark("classes", "another")
for call in range(60):
    first(Other(1, 2))
show_opcodes(first)
mark("classes", "end")

mark("mostly", "begin")
for call in range(4):
    mostly(1, 2)
for call in range(7):
    mostly(1.5, 2.5)  # misses, but too few to matter
mark("mostly", "end")

mark("tour", "begin")
for call in range(3):
    tour([Point(3, 1), Point(4, 2), Point(5, 3)], {"seen": 0})
mark("tour", "end")

SUBJECTS = f, first, mixed, flip, mostly, tour, Point.norm, Point.__init__

mark("dis", "begin")
for function in SUBJECTS:
    show_opcodes(function)
    show_counters(function)
mark("dis", "end")

for function in SUBJECTS:
    print(function.__qualname__)
    for instruction in instructions(function):
        print(" ", instruction.offset // 2, instruction.opname, counter(instruction))
