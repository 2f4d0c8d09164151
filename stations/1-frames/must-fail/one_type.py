"""The claim on failure must fail here: the site adds ints alone, and specializing succeeds.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def mixed(a, b):
    return a + b


call = 0
mark("mixed", "begin")
for call in range(130):
    mixed(1, 2)
mark("mixed", "end")
