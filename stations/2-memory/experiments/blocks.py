"""The small-object allocator: size classes, arenas, large blocks, free lists, and growing lists.

Each part stands between two marks of its own name, so that a claim looks at that part alone.
"""
import gc
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

gc.disable()
HEAD = sys.getsizeof(b"")  # what a bytes object takes beside its bytes

# --- size classes, and where they end ---------------------------------------------------------------

kept = [None] * 512
mark("classes", "begin")
for size in range(HEAD, 512 + 1):
    kept[size - HEAD] = bytes(size - HEAD)
mark("classes", "end")
del kept

mark("border", "begin")
small = bytes(512 - HEAD)
mark("border", "one more byte")
large = bytes(513 - HEAD)
mark("border", "end")
del small, large

# --- a free list ------------------------------------------------------------------------------------

first = []
mark("free list", "begin")
del first
second = []
mark("free list", "end")
del second

# --- a list that grows ------------------------------------------------------------------------------

grown = []
mark("growing", "begin")
for i in range(1000):
    grown.append(None)
mark("growing", "end")
mark("appended", len(grown))
mark("bytes", sys.getsizeof(grown) - sys.getsizeof([]))
del grown

# --- totals -----------------------------------------------------------------------------------------

kept = [bytes(40) for _ in range(5000)]
mark("blocks", sys.getallocatedblocks())
mark("total", "begin")
mark("total", "end")

# --- the same, as the allocator prints it ------------------------------------------------------------

mark("stats", "begin")
sys._debugmallocstats()
mark("stats", "end")
