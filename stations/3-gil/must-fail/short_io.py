"""A thread whose I/O never waits, behind a thread that computes: a byte into a pipe and out again.

It is over before the other one has even woken up.
"""
import os
import sys
import threading

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

TURNS = MORE_TURNS = 1000


def busy(stop: list) -> None:
    """Compute, until it is told to stop."""
    while not stop:
        pass


def ask(inlet: int, outlet: int, turns: int) -> None:
    """A byte goes in, a byte comes out."""
    for _ in range(turns):
        os.write(outlet, b"?")
        os.read(inlet, 1)


pipe = os.pipe()
stop: list = []
other = threading.Thread(target=busy, args=(stop,), name="busy")
mark("I/O", "alone")
ask(*pipe, TURNS)
mark("I/O", "end")
other.start()
mark("interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "behind")
ask(*pipe, TURNS)
mark("I/O", "end")
sys.setswitchinterval(0.0005)
mark("shorter interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "shorter")
ask(*pipe, MORE_TURNS)
mark("I/O", "end")
stop.append(True)
other.join()
