"""The claim on free lists must fail here: the list is not dropped, so the next one cannot have its place.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
del first
"""
AFTER = """\
other = first
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
