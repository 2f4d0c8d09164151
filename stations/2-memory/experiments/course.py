"""The course's own program: ten thousand objects, their sizes, and what the collector counts.

The program is the course's.  Marks cut it into parts, so that each number can be compared with what the
allocator did meanwhile; what tracemalloc, which the course starts, has seen is marked, too.
"""
import gc
import sys
import tracemalloc

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

tracemalloc.start()
mark("traced before", tracemalloc.get_traced_memory()[0])
mark("course", "objects")
xs = [object() for _ in range(10_000)]
mark("traced after", tracemalloc.get_traced_memory()[0])
mark("course", "sizes")
print(sys.getsizeof(xs), sum(sys.getsizeof(x) for x in xs))
print(gc.get_count(), gc.get_threshold())
mark("course", "del")
del xs
mark("course", "end")
