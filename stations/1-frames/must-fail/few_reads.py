"""The claim on a new global must fail here: twenty reads are too few.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
for call in range(60):
    read_answer()
"""
AFTER = """\
for call in range(20):
    read_answer()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "loads.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
