"""The claim on ownership must fail here: nobody holds the frame object when the call returns.
"""
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def keeps():
    sys._getframe()


mark("keeps", "begin")
kept = keeps()
mark("keeps", "returned")
del kept
mark("keeps", "end")
