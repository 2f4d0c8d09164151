"""forged-record: the recorder's function as a method, which the interpreter itself calls."""

import ctypes

from forging import begin


class MethodDef(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("call", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)]


METH_O = 8
begin("events=aio")
address = ctypes.cast(ctypes.pythonapi._PyGlassbox_AioLoop, ctypes.c_void_p)
method = MethodDef(b"forge", address, METH_O, None)
make = ctypes.pythonapi.PyCFunction_NewEx
make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
forge = make(ctypes.addressof(method), object(), None)
try:
    forge(None)
except SystemError:
    pass                                       # it returned no object: who cares
