"""The claim on an owner that lets go must fail here: it has a second name for the object.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
elsewhere(lambda: kept.append(passed))
"""
AFTER = """\
elsewhere(lambda: kept.append(passed))
again = passed
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
