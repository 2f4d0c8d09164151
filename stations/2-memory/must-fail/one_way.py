"""The claim on cycles must fail here: left holds right, and nobody holds left.

The same program with one thing changed.  Counting alone frees both.
"""
from pathlib import Path

BEFORE = """\
left.other, right.other = right, left
"""
AFTER = """\
left.other = right
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
