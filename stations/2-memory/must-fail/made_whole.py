"""The claim on growing lists must fail here: the list is made with its length known.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
for i in range(1000):
    grown.append(None)
"""
AFTER = """\
grown = [None] * 1000
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
