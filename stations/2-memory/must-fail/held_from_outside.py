"""The claim on cycles must fail here: a name outside of the cycle is left.

The same program with one thing changed.  The collection looks, and finds the cycle reachable.
"""
from pathlib import Path

BEFORE = """\
left.other, right.other = right, left
"""
AFTER = """\
left.other, right.other = right, left
holder = left
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
