"""The header of an object: how long it is, and what lies where in it.

Where something lies is found by looking at the object's memory while it changes.
"""
import ctypes
import sys
import threading

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


def memory(thing):
    """The header as it is now, byte by byte."""
    return ctypes.string_at(id(thing), object.__basicsize__)


def words(thing, size=4):
    """Its numbers of this size, by their offsets."""
    raw = memory(thing)
    return {at: int.from_bytes(raw[at:at + size], sys.byteorder) for at in range(0, len(raw), size)}


def changed(before, after):
    """Offset and change of the one number that is not what it was; (-1, 0): there is none."""
    found = [(at, after[at] - before[at]) for at in before if after[at] != before[at]]
    return found[0] if len(found) == 1 else (-1, 0)


def offset_of(value, found):
    """The offset at which this number lies; -1: nowhere."""
    return next((at for at, number in found.items() if number == value), -1)


def elsewhere(function):
    """Run it in another thread, to its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


thing = object()
watch(thing, "thing")
kept = []
elsewhere(lambda: kept.append(thing))  # the first time sets a flag, too

mark("takes", "owner")
before = words(thing)
one_more = thing
mine = changed(before, words(thing))

mark("takes", "other")
before = words(thing)
elsewhere(lambda: kept.append(thing))
others = changed(before, words(thing))
mark("takes", "end")

mark("header", "begin")
mark("bytes", sys.getsizeof(thing))
mark("type at", offset_of(id(object), words(thing, 8)))
mark("thread at", offset_of(threading.get_ident(), words(thing, 8)))
mark("count at", mine[0])
mark("counts by", mine[1])
mark("other count at", others[0])
mark("other counts by", others[1])
mark("header", "end")
