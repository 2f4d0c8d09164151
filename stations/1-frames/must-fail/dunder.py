"""The claim on inlined calls must fail here: a method is called by an operator.

The same program with one thing changed.  The loop asks C to add, and C finds __add__ and calls it.
"""
from pathlib import Path

BEFORE = """\
def middle(a):
    return leaf(a)
"""
AFTER = """\
class Adder:
    def __add__(self, other):
        return other


def middle(a):
    return Adder() + a
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
