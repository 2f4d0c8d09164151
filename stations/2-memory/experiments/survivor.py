"""One survivor keeps an arena.

Many objects of one size are made, which takes several arenas.  Then all go but one.
"""
import gc

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

COUNT = 20_000
SIZE = 400

gc.disable()
kept = [None] * COUNT
mark("arenas", "fill")
for i in range(COUNT):
    kept[i] = bytes(SIZE)
mark("arenas", "filled")
survivor = kept[COUNT // 2]
mark("survivor", id(survivor))
mark("arenas", "all but one go")
for i in range(COUNT):
    kept[i] = None
mark("arenas", "the last goes")
del survivor
mark("arenas", "end")
