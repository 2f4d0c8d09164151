"""The claim on the growing data stack must fail here: twenty frames fit into one chunk.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def deep(levels):
    if levels:
        deep(levels - 1)


mark("deep", "begin")
deep(20)
mark("deep", "end")
