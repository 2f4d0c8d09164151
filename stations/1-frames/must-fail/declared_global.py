"""The claim on who specializes must fail here: an assigned name is no local if it is declared global.
"""
import dis

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

value = 7


def from_local(turns):
    global x
    x = value
    for _ in range(turns):
        x
        x


def from_global(turns):
    for _ in range(turns):
        value
        value


mark("loads", "begin")
for call in range(2):
    from_local(100)
    from_global(100)
for function in from_local, from_global:
    for instruction in dis.get_instructions(function, show_caches=True):
        site = f"{function.__qualname__} {instruction.offset // 2} {instruction.baseopname}"
        mark(f"site {site}", str(instruction.argval))
        mark(f"cache {site}", str(sum(size for name, size, data in instruction.cache_info or ())))
mark("loads", "end")
