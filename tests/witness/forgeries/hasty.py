"""forged-record: time is made to pass more slowly for the recorder."""

import ctypes

from forging import begin, stream, work

begin()
base = ctypes.c_uint64.from_address(stream() + 16)
base.value += 1 << 20
work()
