"""The claim on misses must fail here: ten misses are too few to make a site change its mind.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def flip(a, b):
    return a + b


call = 0
mark("flip", "ints")
for call in range(4):
    flip(1, 2)
mark("flip", "floats")
for call in range(10):
    flip(1.5, 2.5)
mark("flip", "end")
