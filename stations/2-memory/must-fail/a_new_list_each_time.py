"""The claim on growing lists must fail here: each step makes a new list.

The same program with one thing changed.  No list ever grows, and each one is allocated.
"""
from pathlib import Path

BEFORE = """\
    grown.append(None)
"""
AFTER = """\
    grown = grown + [None]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
