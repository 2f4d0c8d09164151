"""The claim on dis must fail here: without adaptive=True dis shows what the compiler wrote.
"""
import dis

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def f(x):
    return x * x + 1


f(3)
f(3)
mark("dis", "begin")
for instruction in dis.get_instructions(f):
    mark(f"dis f {instruction.offset // 2} {instruction.baseopname}", instruction.opname)
mark("dis", "end")
