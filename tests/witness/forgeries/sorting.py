"""forged-record: the recorder's function as what the C library calls to compare."""

import ctypes

from forging import begin

begin("events=aio")
libc = ctypes.CDLL(None)
objects = (ctypes.py_object * 2)(object(), object())
libc.qsort(ctypes.c_void_p(id(objects[0])), 2, 8, ctypes.pythonapi._PyGlassbox_AioLoop)
