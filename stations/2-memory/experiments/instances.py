"""How much memory an instance takes, in three forms and five sizes.

For each class the same number of instances is made and kept, between two marks.  What they take the
allocator's events say; what sys.getsizeof() thinks of it is marked beside.
"""
import gc
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

COUNT = 100
SIZES = (1, 2, 3, 5, 8)
NAMES = "abcdefgh"

SLOTS = """\
class Point:
    __slots__ = {names!r}
    def __init__(self):
        {assignments}
"""
PLAIN = """\
class Point:
    def __init__(self):
        {assignments}
"""


def make_class(template, size):
    """A class whose instances have so many attributes."""
    names = tuple(NAMES[:size])
    scope = {}
    exec(template.format(
        names=names,
        assignments=" = ".join(f"self.{name}" for name in names) + " = None",
    ), scope)
    return scope["Point"]


def measure(name, size, cls, ask=False):
    """Make instances and keep them; ask each for its __dict__, or not."""
    label = f"{name} {size}"
    earlier = [cls() for _ in range(COUNT)]  # so that nothing is made for the class any more
    if ask:
        for instance in earlier:
            instance.__dict__
    kept = [None] * COUNT
    mark(label, "begin")
    for i in range(COUNT):
        kept[i] = cls()
        if ask:
            kept[i].__dict__
    mark(label, "end")
    mark(f"getsizeof {label}", sys.getsizeof(kept[-1]))
    alive.append(earlier)


def measure_first(cls):
    """Make the first instances of a class."""
    mark("first", "begin")
    kept = [cls() for _ in range(COUNT)]
    mark("first", "end")
    return kept


gc.disable()
alive = []  # dicts that die go to a free list, and would serve the next class
spare = [{} for _ in range(200)]  # what the free list of dicts holds, so that each new one is allocated
mark("instances", COUNT)
for size in SIZES:
    measure("slots", size, make_class(SLOTS, size))
    measure("inline", size, make_class(PLAIN, size))
    measure("dict", size, make_class(PLAIN, size), ask=True)
measure_first(make_class(PLAIN, 3))
