"""forged-record: a record more, written into the mapped file."""

import ctypes
import os

from forging import RECORD, begin, committed, segment

begin()
at = segment()
length = committed(at)
ctypes.memmove(at + length.value, at + length.value - RECORD, RECORD)
length.value += RECORD
os._exit(0)
