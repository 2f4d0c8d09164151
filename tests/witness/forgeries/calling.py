"""forged-record: the recorder's own function, called by ctypes."""

import ctypes

from forging import begin

begin("events=aio")
record = ctypes.pythonapi._PyGlassbox_AioLoop
record.argtypes = [ctypes.py_object]
record(object())
