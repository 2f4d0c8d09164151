"""The claim on the data stack must fail here: the three functions are generators.

Their frames move into the generator objects, wherever in memory those are.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def leaf(a):
    yield a


def middle(a):
    yield from leaf(a)


def outer(a):
    yield from middle(a)


mark("sizes", "begin")
for function in (outer, middle, leaf):
    code = function.__code__
    mark(f"words {function.__qualname__}", code.co_nlocals + code.co_stacksize)
mark("sizes", "end")

mark("stack", "begin")
list(outer(1))
list(outer(2))
mark("stack", "end")
mark("blocks", "begin")
mark("blocks", 1)
mark("new blocks", 0)
mark("blocks", "end")
