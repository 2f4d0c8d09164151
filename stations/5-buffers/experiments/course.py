"""The course's own program: a reshaped array, its transpose, a memoryview.

The program is the course's.  Marks cut it into parts, so that what happened inside can be shown beside each
line; at its end the transpose is looked at, too.
"""
import numpy as np

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

mark("course", "reshape")
a = np.arange(12).reshape(3, 4)
print(a.strides, a.flags["C_CONTIGUOUS"])
mark("course", "transpose")
b = a.T
print(b.strides, b.flags["C_CONTIGUOUS"])
mark("course", "memoryview")
mv = memoryview(a)
print(mv.format, mv.itemsize, mv.shape, mv.strides)
mark("course", "the transpose's")
memoryview(b).release()
mark("course", "release")
mv.release()
mark("course", "end")
