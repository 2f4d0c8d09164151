"""tracemalloc and the allocator's events, over the same stretch of the same program."""
import gc
import tracemalloc

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def work():
    """Make and drop objects of many sizes; keep some."""
    kept = [bytes(size) for size in range(0, 4000, 7)]
    del kept[::3]
    return kept, {str(i): i * 1.5 for i in range(1000)}


gc.disable()
work()
totals = memoryview(bytearray(16)).cast("q")  # numbers that are no objects
tracemalloc.start()
work()
totals[0] = tracemalloc.get_traced_memory()[0]
mark("traced", "begin")
result = work()
mark("traced", "end")
totals[1] = tracemalloc.get_traced_memory()[0]
mark("traced bytes", totals[1] - totals[0])
tracemalloc.stop()
mark("traced", "stopped")
