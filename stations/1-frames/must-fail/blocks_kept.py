"""The claim on the data stack must fail here: each call makes a list.

The same program with one thing changed.  The frame still costs no allocation, but the list does.
"""
from pathlib import Path

BEFORE = """\
    seen[depth] = sys.getallocatedblocks()
"""
AFTER = """\
    seen[depth] = sys.getallocatedblocks()
    mine = [depth]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
