"""recorder-switched: the same by a system call, for as long as a glance takes to come."""

import ctypes
import os
import time

from forging import begin, work

begin()
mask = ctypes.c_uint32.in_dll(ctypes.pythonapi, "_PyGlassbox_mask")
source, sink = os.pipe()
os.write(sink, bytes(4) + bytes(mask))
os.readv(source, [mask])
work()
time.sleep(0.2)
os.readv(source, [mask])
work()
