"""Writes without end, to a file that has no name any more."""
import os

file = open("/tmp/flood", "wb")
os.unlink("/tmp/flood")
while True:
    file.write(bytes(1 << 20))
