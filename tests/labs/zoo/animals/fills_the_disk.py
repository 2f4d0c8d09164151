"""Writes without end, to a file that has no name any more."""
import os

with open("/tmp/flood", "wb") as file:
    os.unlink("/tmp/flood")
    while True:
        file.write(bytes(1 << 20))
