"""Has ctypes, where the lab has no use for it, and calls what really makes events."""
import ctypes

specialize = ctypes.pythonapi._Py_Specialize_BinaryOp


def hot(n):
    pass


def total():
    return 0
