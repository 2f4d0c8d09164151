"""The claim on generators must fail here: the function returns a list, and its frame never suspends.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def count():
    return [1, 2]


mark("generator", "begin")
for number in count():
    pass
mark("generator", "end")
