"""Hands a large table of numbers to the learner's functions, one after another, and looks at what comes back.

Each hand-over is a part of the run, and so is each look. What is judged are the events in them.
"""

import array
import binascii
import hashlib
import mmap
import struct
import sys
import zlib

import lab

sys.modules["_ctypes"] = None            # NumPy does without it, and a graded run must
import numpy as np  # noqa: E402

assert binascii and hashlib and struct and zlib          # imported here, so that no hand-over has to


def owner_of(size):
    """So many bytes of memory that may be written to, owned by what the variant says, and an open file or None."""
    owner = lab.parameter("owner")
    if owner == "array":
        memory, file = array.array("B", bytes(size)), None
    elif owner == "bytearray":
        memory, file = bytearray(size), None
    else:
        file = open("/tmp/table", "w+b")             # the run's own folder, gone with it
        file.truncate(size)
        memory = mmap.mmap(file.fileno(), size)
    return memory, file


def fill(memory):
    """Numbers that differ by student: small, so that every kind of number holds them and their products."""
    numbers = np.frombuffer(memory, dtype=lab.parameter("kind"))
    count = len(numbers)
    numbers[:] = (np.arange(count, dtype="i8") * lab.parameter("step")) % 9973


def grow(memory):
    """What only an owner can do whose memory nobody works on."""
    if isinstance(memory, mmap.mmap):
        memory.close()
    else:
        memory.extend(b"end.")


def look(name, thing):
    """Ask what the learner handed over for its memory, as any library would."""
    with lab.part("look at " + name):
        try:
            with memoryview(thing):
                pass
        except (TypeError, ValueError, BufferError):
            pass


def ask_for_rows(thing):
    """Ask for memory in which the rows follow each other, as zlib does: true if that is refused."""
    try:
        zlib.crc32(thing)
    except (TypeError, ValueError, BufferError):
        return True
    return False


def main():
    work = lab.load()
    rows, columns, kind = lab.parameter("rows"), lab.parameter("columns"), lab.parameter("kind")
    memory, file = owner_of(rows * columns * struct.calcsize(kind))
    fill(memory)
    look("the owner", memory)
    with lab.part("table"):
        table = work.table(memory, rows, columns)
    look("the table", table)
    with lab.part("scale"):
        work.scale(table)
    with lab.part("window"):
        window = work.window(table)
    look("the window", window)
    with lab.part("ask for rows"):
        refused = ask_for_rows(window)
    with lab.part("lend"):
        lent = work.lend(window)
    look("what is lent", lent)
    with lab.part("digest"):
        digest = work.digest(table)
    lab.observe("digest", digest if isinstance(digest, (int, str)) else repr(type(digest)))
    lab.observe("refused", refused)
    del lent, window, table
    with lab.part("grow"):
        try:
            grow(memory)
        except (BufferError, ValueError):
            pass
    if file is not None:
        file.close()


lab.main(main)
