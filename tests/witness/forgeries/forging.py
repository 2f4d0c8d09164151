"""What the forgeries share: they record their own run, and look for what they mean to change.

Everything here is done as a learner's program could, from Python with ctypes.
"""

import ctypes
import struct
import sys

import glassbox

RECORD = 16                                    # bytes of a record of frame.push
EVENTS, NAMES = 1, 2
SYS_ARCH_PRCTL, ARCH_GET_FS = 158, 0x1003
PATH = sys.argv[1]


def begin(keys="events=frame"):
    glassbox.start(f"{PATH}:{keys}")
    work()


def work():
    for _ in range(5):
        nothing()


def nothing():
    pass


def mappings(word="/"):
    with open("/proc/self/maps") as maps:
        for line in maps:
            parts = line.split()
            start, end = (int(n, 16) for n in parts[0].split("-"))
            if word == "" or word in line:
                yield start, end, parts[1], parts[5] if len(parts) > 5 else ""


def segment(kind=EVENTS):
    """The address of a mapped segment of the trace."""
    for start, _, _, path in list(mappings(PATH)):
        if path == PATH and ctypes.string_at(start, 4) == b"GBXS" and ctypes.string_at(start + 4, 1)[0] == kind:
            return start
    raise LookupError("no segment")


def header():
    for start, _, _, path in list(mappings(PATH)):
        if path.startswith(PATH) and ctypes.string_at(start, 8) == b"GLASSBOX":
            return start
    raise LookupError("no header")


def committed(at):
    """A view of the segment's own length: reading it enters no function."""
    return ctypes.c_uint64.from_address(at + 24)


def stream():
    """The address of this thread's stream, which lies below its thread pointer and begins with that of its segment."""
    pointer = ctypes.c_uint64()
    ctypes.CDLL(None).syscall(SYS_ARCH_PRCTL, ARCH_GET_FS, ctypes.byref(pointer))
    words = struct.unpack("<512Q", ctypes.string_at(pointer.value - 4096, 4096))
    for i, word in enumerate(words[:-2]):
        if word % 16384 == 0 and word > 1 << 40 and words[i + 1] in (16384 - 24, 65536 - 24):
            return pointer.value - 4096 + 8 * i
    raise LookupError("no stream")
