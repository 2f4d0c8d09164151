"""Calls the recorder's own functions, so that calls seem to be made that never were."""
import ctypes
import sys

api = ctypes.pythonapi
api.PyThreadState_Get.restype = ctypes.c_void_p
enter = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(("_PyGlassbox_FrameEnter", api))
leave = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(("_PyGlassbox_FrameLeave", api))
thread = api.PyThreadState_Get()


def hot(n):
    frame = ctypes.c_void_p.from_address(id(sys._getframe()) + 24).value
    enter(thread, frame)


def total():
    return 0
