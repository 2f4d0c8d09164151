"""The claim on immortal objects must fail here: both are immortal, so there is nothing to compare with.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
something = object()
"""
AFTER = """\
something = True
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "immortal.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
