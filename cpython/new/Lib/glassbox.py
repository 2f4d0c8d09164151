"""Record what the interpreter does, and mark what the program means.

A recording is a file of ordered events: frames, specialization, compilation,
imports, threads.  It is begun from outside, without touching the program,

    python -X glassbox=trace.gbx program.py
    PYTHONGLASSBOX=trace.gbx:events=frame+spec python program.py

or from inside, with start() and stop().  Read it with the program glassbox:
``glassbox show trace.gbx``, ``glassbox stat trace.gbx``.

start(path, *, events=None, mode='full', limit=None, clock='tsc', churn=False)
    Begin.  events: class names ('frame+spec', or a list of them); None is every
    class that this build has.  mode 'ring' keeps the newest events in a file of
    fixed size.  limit: bytes, or '64M'.  clock 'none' records order alone.
    churn=True counts the reference operations of all objects at each instruction.
    Raises RuntimeError if a recording is on, OSError if the file cannot be made.
stop()
    End, if one is on.
mark(name, value=None)
    An event of the program's own; value is an int, a float, a str or None.
span(name)
    A context manager: an event as it begins and one as it ends.
watch(object, name), unwatch(object)
    Record what happens to the object's reference count, and its death.
status()
    A dict; its 'recording' says whether one is on.

All of them are cheap no-ops while nothing is recorded.
"""

import _glassbox
from _glassbox import mark, stop, unwatch, watch

__all__ = ["start", "stop", "mark", "span", "watch", "unwatch", "status"]

_CLASSES = ("frame", "spec", "ref", "obj", "alloc", "gc", "gil", "thread",
            "compile", "import", "aio", "buf", "mark")


def start(path, *, events=None, mode="full", limit=None, clock="tsc", churn=False):
    """Begin to record into the file `path`; see the module's documentation."""
    import os

    keys = [f"mode={mode}", f"clock={clock}"]
    if events is not None:
        if not isinstance(events, str):
            events = "+".join(events)
        keys.append(f"events={events}")
    if churn:
        keys.append("churn=yes")
    if limit is not None:
        keys.append(f"limit={limit}")
    _glassbox.start(":".join([os.fsdecode(path), *keys]))


def status():
    """What is being recorded, as a dict."""
    now = _glassbox.status()
    mask = now.pop("mask", 0)
    if mask:
        now["events"] = [name for bit, name in enumerate(_CLASSES) if mask >> bit & 1]
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
