"""When an object dies: at its last reference, or at a collection.

Each part stands between two marks of its own name, so that a claim looks at that part alone.
"""
import gc

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


class Node:
    """Something that can hold another of its kind."""


gc.disable()  # no collection but those asked for, until the last part

# --- one name, and no more -------------------------------------------------------------------------

only = Node()
watch(only, "only")
mark("del", "begin")
del only
mark("del", "end")

# --- two objects that hold each other ---------------------------------------------------------------

left, right = Node(), Node()
left.other, right.other = right, left
watch(left, "left")
watch(right, "right")
mark("cycle", "begin")
del left, right
mark("cycle", "collect")
gc.collect()
mark("cycle", "end")

# --- a cycle that has outlived two collections, and a collection that nobody asks for -----------------


def fill(count):
    """Make so many objects that the collector counts."""
    return [[] for _ in range(count)]


old = Node()
old.other = old
watch(old, "old")
gc.collect()
gc.collect()
del old
young = Node()
young.other = young
watch(young, "young")
del young
mark("threshold", gc.get_threshold()[0])
gc.enable()
mark("threshold", "begin")
fill(gc.get_threshold()[0] + 100)
mark("threshold", "end")
gc.disable()
mark("full", "begin")
gc.collect()
mark("full", "end")
