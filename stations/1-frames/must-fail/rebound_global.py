"""The claim on a new global must fail here: a global gets a new value, but no new name appears.

The guard compares the version of the dict's keys.  A new value leaves the keys as they were.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def read_answer():
    return answer


answer = 42
newcomer = None
call = 0

mark("globals", "warm up")
for call in range(10):
    read_answer()
mark("globals", "change")
answer = 43
newcomer = "not so new"
mark("globals", "after")
for call in range(60):
    read_answer()
mark("globals", "end")
