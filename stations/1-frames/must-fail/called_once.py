"""The claim on warming up must fail here: one call is not enough for anything to specialize.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def f(x):
    return x * x + 1


mark("warm-up", "begin")
f(3)
mark("warm-up", "end")
