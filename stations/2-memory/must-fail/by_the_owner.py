"""The claim on the two halves must fail here: the owner is the only one who uses the object.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
elsewhere(lambda: handle(shared))
"""
AFTER = """\
handle(shared)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
