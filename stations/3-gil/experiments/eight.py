"""Eight threads that compute, for a while: who holds the lock when?"""
import threading
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SECONDS = 0.25
THREADS = 8


def busy() -> int:
    """Compute for a while, once everybody is there."""
    everybody.wait()
    until = time.monotonic() + SECONDS
    steps = 0
    while time.monotonic() < until:
        steps += 1
    return steps


everybody = threading.Barrier(THREADS + 1)
threads = [threading.Thread(target=busy, name=f"busy {i}") for i in range(THREADS)]
for thread in threads:
    thread.start()
mark("holders", "begin")
everybody.wait()
for thread in threads:
    thread.join()
mark("holders", "end")
