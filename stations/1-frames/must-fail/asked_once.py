"""The claim on generators must fail here: nobody asks for the second value.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
for number in numbers:
    pass
"""
AFTER = """\
next(numbers)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
