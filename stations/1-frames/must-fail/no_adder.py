"""The claim on a change of mind must fail here: lists come after the ints.

The same program with one thing changed.  There is no adder of lists to become.
"""
from pathlib import Path

BEFORE = """\
    flip(1.5, 2.5)
"""
AFTER = """\
    flip([1], [2])
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
