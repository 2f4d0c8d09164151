"""The claim on inlined calls must fail here: each call passes through C, and enters the loop anew.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def leaf(a):
    return a


def middle(a):
    return next(map(leaf, [a]))


def outer(a):
    return next(map(middle, [a]))


mark("inline", "begin")
outer(1)
mark("inline", "end")

mark("through C", "begin")
sorted([1], key=leaf)
mark("through C", "end")
