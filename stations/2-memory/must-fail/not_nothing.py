"""The claim on immortal objects must fail here: an ordinary object in place of None.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
nothing = None
"""
AFTER = """\
nothing = [None]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "immortal.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
