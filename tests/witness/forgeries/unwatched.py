"""code-written: the witness's breakpoints are taken away."""

import ctypes
import os

from forging import begin

begin()
start = ctypes.cast(ctypes.pythonapi._PyGlassbox_FrameEnter, ctypes.c_void_p).value
code = ctypes.string_at(start, 400)
memory = os.open("/proc/self/mem", os.O_RDWR)
os.pwrite(memory, code.replace(b"\xcc", b"\x90"), start)
os._exit(0)
