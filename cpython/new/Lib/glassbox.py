"""Record what the interpreter does, and mark what the program means.

A recording is a file of ordered events: frames, specialization, compilation,
imports, threads, collections, objects, memory.  It is begun from outside, without touching the program,

    python -X glassbox=trace.gbx program.py
    PYTHONGLASSBOX=trace.gbx:events=frame+spec python program.py

or from inside, with start() and stop().  Read it with the program glassbox:
``glassbox show trace.gbx``, ``glassbox stat trace.gbx``.

start(path, *, events=None, mode='full', limit=None, clock='tsc', churn=False)
    Begin.  events: class names ('frame+spec', or a list of them); None is all but
    obj and alloc, which record every object and every block and make a trace several
    times as large.  'all' is those too, 'default+obj' adds one.  mode 'ring' keeps the newest events in a file of
    fixed size.  limit: bytes, or '64M'.  clock 'none' records order alone.
    churn=True counts the reference operations of all objects at each instruction.
    Raises RuntimeError if a recording is on, OSError if the file cannot be made.
select(events)
    From here on record these classes and no others; what was on is returned, as a
    list, for a later select() to go back to.  The change is an event, so a reader
    knows from when to when a class was recorded, and what lives already is told when
    obj or alloc comes on.  Objects are no longer watched once ref goes off.
stop()
    End, if one is on.
mark(name, value=None)
    An event of the program's own; value is an int, a float, a str or None.
span(name)
    A context manager: an event as it begins and one as it ends.
watch(object, name), unwatch(object)
    Record what happens to the object's reference count, its death, and what a
    collection finds out about it.  Any object, numbers included: one that dies inside
    the arithmetic of the loop is seen to.  An immortal one (None, a small int) has a
    count that never changes; each operation on it that was skipped is recorded.
    Raises RuntimeError where 512 are watched already.
status()
    A dict; its 'recording' says whether one is on.

All of them are cheap no-ops while nothing is recorded.
"""

try:
    import _glassbox
    from _glassbox import mark, stop, unwatch, watch
except ImportError:
    raise ImportError("this Python cannot record: it was built without Glassbox's hooks (Py_GLASSBOX=0)",
                      name="glassbox") from None

__all__ = ["start", "select", "stop", "mark", "span", "watch", "unwatch", "status"]

_CLASSES = ("frame", "spec", "ref", "obj", "alloc", "gc", "gil", "thread",
            "compile", "import", "aio", "buf", "mark")


def _joined(events):
    return events if isinstance(events, str) else "+".join(events)


def _named(mask):
    return [name for bit, name in enumerate(_CLASSES) if mask >> bit & 1]


def start(path, *, events=None, mode="full", limit=None, clock="tsc", churn=False):
    """Begin to record into the file `path`; see the module's documentation."""
    import os

    keys = [f"mode={mode}", f"clock={clock}"]
    if events is not None:
        keys.append(f"events={_joined(events)}")
    if churn:
        keys.append("churn=yes")
    if limit is not None:
        keys.append(f"limit={limit}")
    _glassbox.start(":".join([os.fsdecode(path), *keys]))


def select(events):
    """Change what is recorded; see the module's documentation."""
    return _named(_glassbox.select(_joined(events)))


def status():
    """What is being recorded, as a dict."""
    now = _glassbox.status()
    mask = now.pop("mask", 0)
    if mask:
        now["events"] = _named(mask)
    return now


class span:
    """Bracket a block of the program: ``with glassbox.span("load"): ...``"""

    __slots__ = ("name", "_id")

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self._id = _glassbox.span_begin(self.name)
        return self

    def __exit__(self, *exc_info):
        _glassbox.span_end(self.name, self._id)
