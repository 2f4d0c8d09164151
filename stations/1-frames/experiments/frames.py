"""The life of a frame, from the push to the last reference.

Each part stands between two marks of its own name, so that a claim looks at that part alone.
"""
import sys

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


class Cargo:
    """A local variable's value whose death can be seen."""


# --- the data stack --------------------------------------------------------------------------------

def leaf(a):
    return a


def middle(a):
    return leaf(a)


def outer(a):
    middle(a)
    leaf(a)
    return leaf(a)


def blocks_at(depth, seen):
    """Note how many blocks of memory are in use, at every depth."""
    seen[depth] = sys.getallocatedblocks()
    if depth:
        blocks_at(depth - 1, seen)


def size_of(function):
    """What the frame of `function` needs beside its fixed part, in words."""
    code = function.__code__
    return code.co_nlocals + code.co_stacksize


mark("sizes", "begin")
for function in (outer, middle, leaf):
    mark(f"words {function.__qualname__}", size_of(function))
mark("sizes", "end")

mark("stack", "begin")
outer(1)
outer(2)
outer(3)
mark("stack", "end")

DEPTH = 30
seen = [0] * (DEPTH + 1)
blocks_at(DEPTH, seen)  # once to warm up: an instruction that specializes may allocate
blocks_at(DEPTH, seen)
mark("blocks", "begin")
mark("blocks", seen[0])
mark("new blocks", seen[0] - seen[DEPTH - 1])
mark("blocks", "end")

# --- one C frame, or a new one ---------------------------------------------------------------------

mark("inline", "begin")
outer(1)
mark("inline", "end")

mark("through C", "begin")
sorted([1], key=leaf)
mark("through C", "end")


# --- the data stack grows ---------------------------------------------------------------------------

def deep(levels):
    if levels:
        deep(levels - 1)


mark("deep", "begin")
deep(400)
mark("deep", "end")


# --- the frame object -------------------------------------------------------------------------------

def asks():
    sys._getframe()


def keeps():
    return sys._getframe()


mark("nobody asks", "begin")
outer(1)
mark("nobody asks", "end")

mark("asks", "begin")
asks()
mark("asks", "end")

mark("keeps", "begin")
kept = keeps()
mark("keeps", "returned")
del kept
mark("keeps", "end")


# --- a traceback pins frames and locals ---------------------------------------------------------------

def fails():
    cargo = Cargo()
    watch(cargo, "cargo")
    raise ValueError("on purpose")


mark("traceback", "begin")
try:
    fails()
except ValueError as exception:
    error = exception
watch(error, "error")
mark("traceback", "handled")
error.__traceback__ = None
mark("traceback", "cleared")
del error
mark("traceback", "end")


# --- a generator carries its frame with it ------------------------------------------------------------

def count():
    yield 1
    yield 2


mark("generator", "begin")
numbers = count()
mark("address", id(numbers))
mark("size", numbers.__sizeof__())
for number in numbers:
    pass
mark("generator", "end")
