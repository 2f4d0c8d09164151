"""Two threads compute, and let go of the lock all the time: nobody has to ask."""
import sys
import threading
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SECONDS = 0.05

sys.setswitchinterval(1)  # nobody is that impatient


def busy(until: float) -> int:
    """Compute a little and let go, until it is time."""
    steps = 0
    while time.monotonic() < until:
        steps += 1
        time.sleep(0.0002)
    return steps


end = time.monotonic() + SECONDS
other = threading.Thread(target=busy, args=(end,), name="other")
mark("hand-off", "begin")
other.start()
busy(end)
other.join()
mark("hand-off", "end")
