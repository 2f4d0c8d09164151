"""A thread that computes in place of its I/O, behind another one that computes.

It never lets go of the lock by itself: both of them are asked to, and take turns.
"""
import sys
import threading

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

TURNS = 12
STEPS = 50_000


def busy(stop: list) -> None:
    """Compute, until it is told to stop."""
    while not stop:
        pass


def ask() -> None:
    """Compute, where the other program would ask and wait."""
    for _ in range(TURNS):
        for _ in range(STEPS):
            pass


stop: list = []
other = threading.Thread(target=busy, args=(stop,), name="busy")
mark("I/O", "alone")
ask()
mark("I/O", "end")
other.start()
mark("interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "behind")
ask()
mark("I/O", "end")
sys.setswitchinterval(0.0005)
mark("shorter interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "shorter")
ask()
mark("I/O", "end")
stop.append(True)
other.join()
