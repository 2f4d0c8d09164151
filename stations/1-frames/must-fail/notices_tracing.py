"""The claim on tracing must fail here: this program looks whether it is traced, and acts on it.
"""
import dis
import sys

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def f(x):
    return x * x + 1


f(3)
if "glassbox" in sys.modules:
    f(3)

listing = " ".join(instruction.opname for instruction in dis.get_instructions(f, adaptive=True))
print("f", listing)
