"""A program of N objects, references or collections, under a peer: objects.py WORK PEER N REPS [FILE]

Prints the nanoseconds of the best of REPS loops. WORK:
  lists        a list of one item made and dropped, N times
  ranged       the same, counted by range(): an int more that is made and dropped
  references   a reference more and one less to one object, N times
  collections  N collections of a young generation of ten thousand lists that live
PEER: none; watched (Glassbox watches the object of `references`; its recording is asked for from outside,
-X glassbox=...); tracemalloc (one frame); memray (Python's allocators too, into FILE); reftracer (a
callback in C that counts, by the library FILE).
"""

import sys
from itertools import repeat
from time import perf_counter_ns


def lists(n):
    for _ in repeat(None, n):
        [None]


def ranged(n):
    for _ in range(n):
        [None]


class Thing:
    """Its instances are no part of what the interpreter itself holds."""


THING = Thing()


def references(n):
    thing = THING
    for _ in repeat(None, n):
        thing                                          # noqa: B018: LOAD_FAST and POP_TOP, one more and one less


def collections(n):
    import gc
    alive = [[] for _ in range(10_000)]
    for _ in range(n):
        gc.collect(0)
    return alive


def begin(peer, file):
    if peer == "tracemalloc":
        import tracemalloc
        tracemalloc.start(1)
    elif peer == "memray":
        import memray
        tracker = memray.Tracker(file, trace_python_allocators=True)
        tracker.__enter__()
        return tracker
    elif peer == "reftracer":
        import ctypes
        library = ctypes.PyDLL(file)
        if library.start() != 0:
            sys.exit("PyRefTracer_SetTracer() refused the callback")
        return library
    elif peer == "watched":
        import _glassbox
        _glassbox.watch(THING, "thing")
    elif peer != "none":
        sys.exit(f"no such peer: '{peer}'")
    return None


def end(peer, handle, least):
    """Whether the peer saw what it was there for; a peer that was not on would look cheap."""
    if peer == "tracemalloc":
        import tracemalloc
        if tracemalloc.get_traced_memory()[1] == 0:
            sys.exit("tracemalloc traced nothing")
    elif peer == "memray":
        handle.__exit__(None, None, None)
    elif peer == "reftracer":
        import ctypes
        handle.count.restype = ctypes.c_uint64
        if handle.count() < least:
            sys.exit("PyRefTracer's callback was not called for every object")


def main():
    work, peer, n, reps = globals()[sys.argv[1]], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    handle = begin(peer, sys.argv[5] if len(sys.argv) > 5 else None)
    best = 1 << 62
    for _ in range(reps):
        began = perf_counter_ns()
        work(n)
        best = min(best, perf_counter_ns() - began)
    end(peer, handle, 2 * n * reps)
    print(best, flush=True)


main()
