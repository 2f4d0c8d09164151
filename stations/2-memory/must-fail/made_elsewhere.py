"""The claim on the two halves must fail here: another thread made the object.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
shared = Thing()
watch(shared, "shared")
"""
AFTER = """\
made = []
elsewhere(lambda: made.append(Thing()))
shared = made.pop()
watch(shared, "shared")
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
