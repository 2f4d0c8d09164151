"""Two threads compute, and the switch interval is so long that nobody asks for the lock."""
import sys
import threading
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SECONDS = 0.05

sys.setswitchinterval(10)


def busy(until: float) -> int:
    """Compute, until it is time."""
    steps = 0
    while time.monotonic() < until:
        steps += 1
    return steps


end = time.monotonic() + SECONDS
other = threading.Thread(target=busy, args=(end,), name="other")
mark("hand-off", "begin")
other.start()
busy(end)
other.join()
mark("hand-off", "end")
