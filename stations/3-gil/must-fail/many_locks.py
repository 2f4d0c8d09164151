"""Threads that compute, each in an interpreter with a lock of its own."""
import threading

import _interpreters as interpreters

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

THREADS = 4
TEXT = """
import time
end = time.monotonic() + 0.05
while time.monotonic() < end:
    pass
"""

ids = [interpreters.create() for _ in range(THREADS)]
mark("holders", "begin")
threads = [threading.Thread(target=interpreters.exec, args=(each, TEXT), name=f"busy {each}") for each in ids]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
mark("holders", "end")
for each in ids:
    interpreters.destroy(each)
