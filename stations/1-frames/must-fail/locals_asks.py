"""The claim on frame objects must fail here: somebody asks who does not look like it.

In this version locals() inside a function needs the frame object.
"""
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def leaf(a):
    locals()
    return a


def outer(a):
    return leaf(a)


def asks():
    sys._getframe()


mark("nobody asks", "begin")
outer(1)
mark("nobody asks", "end")

mark("asks", "begin")
asks()
mark("asks", "end")
