"""The claim on large blocks must fail here: the second request is no larger than the first.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
bytes(513 - HEAD)"""
AFTER = """\
bytes(512 - HEAD - 1)"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
