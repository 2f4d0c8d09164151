"""A call of C that takes long, but lets go of the lock while it works.

"""
import ctypes
import hashlib
import threading

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

NUMBERS = range(4_000_000)

def address(function) -> int:
    """Of the C function behind a built-in function: the second word of its PyMethodDef."""
    method = ctypes.c_void_p.from_address(id(function) + object.__basicsize__).value
    return ctypes.c_void_p.from_address(method + ctypes.sizeof(ctypes.c_void_p)).value

def python_sum(numbers) -> int:
    """What sum() does, step by step."""
    total = 0
    for number in numbers:
        total += number
    return total

def other_thread(stop: list) -> None:
    """Compute, until it is told to stop."""
    while not stop:
        pass

stop: list = []
other = threading.Thread(target=other_thread, args=(stop,), name="other")
mark("function", "sum")
mark("address", address(sum))
other.start()
mark("sum", "Python")
python_sum(NUMBERS[::8])
mark("sum", "C")
hashlib.sha256(bytes(40_000_000))
mark("sum", "end")
stop.append(True)
other.join()
