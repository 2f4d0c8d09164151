"""forged-record: the recorder is given another place to write to."""

import ctypes
import os

from forging import begin, stream, work

begin()
pointer = ctypes.c_uint64.from_address(stream())
copy = ctypes.create_string_buffer(ctypes.string_at(pointer.value, 16384), 16384)
pointer.value = ctypes.addressof(copy)
work()
os._exit(0)
