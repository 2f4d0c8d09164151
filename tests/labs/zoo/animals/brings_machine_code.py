"""Brings a library of its own and loads it."""
import base64
import ctypes
import zlib

LIBRARY = "{{library}}"
with open("/tmp/mine.so", "wb") as file:
    file.write(zlib.decompress(base64.b64decode(LIBRARY)))
ctypes.CDLL("/tmp/mine.so")
