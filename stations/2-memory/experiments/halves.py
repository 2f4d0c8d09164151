"""One object and two threads, on the build without the GIL: whose references are counted where.

Each part stands between two marks of its own name.  Threads meet by joining alone, so that every run is
like every other.
"""
import gc
import threading
import time

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


class Thing:
    """Something that can be watched."""


def elsewhere(function):
    """Run it in another thread, to its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


gc.disable()  # a collection would put the halves together

# --- the owner, and somebody else -------------------------------------------------------------------


def handle(thing):
    """Take a thousand references, and let them go."""
    kept = [thing for _ in range(1000)]
    del kept


shared = Thing()
watch(shared, "shared")
mark("halves", "owner")
handle(shared)
mark("halves", "other")
elsewhere(lambda: handle(shared))
mark("halves", "end")

# --- somebody else gives up the owner's reference -----------------------------------------------------

box = [Thing()]
watch(box[0], "boxed")
asleep = threading.Event()


def empty():
    """Take the only reference away, while the owner sleeps."""
    asleep.wait()
    time.sleep(0.01)
    box.clear()


mark("queue", "begin")
thread = threading.Thread(target=empty)
thread.start()
asleep.set()
time.sleep(0.05)
thread.join()
mark("queue", "end")

# --- the owner lets go first ------------------------------------------------------------------------

passed = Thing()
watch(passed, "passed on")
kept = []
mark("zero", "begin")
elsewhere(lambda: kept.append(passed))
mark("zero", "del")
del passed
mark("zero", "clear")
kept.clear()
mark("zero", "end")

# --- the owner is gone ------------------------------------------------------------------------------

left = []


def make():
    """Make it, and end."""
    left.append(Thing())
    watch(left[0], "orphan")


elsewhere(make)
mark("gone", "begin")
left.clear()
mark("gone", "end")
