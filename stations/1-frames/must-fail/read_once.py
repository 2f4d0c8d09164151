"""The claim on who specializes must fail here: each LOAD_GLOBAL runs but once.
"""
import dis

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

value = 7


def from_local():
    x = value
    x
    x


def from_global():
    value
    value


def show_sites(function):
    for instruction in dis.get_instructions(function, show_caches=True):
        site = f"{function.__qualname__} {instruction.offset // 2} {instruction.baseopname}"
        mark(f"site {site}", str(instruction.argval))
        mark(f"cache {site}", str(sum(size for name, size, data in instruction.cache_info or ())))


mark("loads", "begin")
from_local()
from_global()
show_sites(from_local)
show_sites(from_global)
mark("loads", "end")
