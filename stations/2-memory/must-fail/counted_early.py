"""The claim on totals must fail here: the blocks are counted before more are made.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
mark("blocks", sys.getallocatedblocks())
"""
AFTER = """\
early = sys.getallocatedblocks()
more = [bytes(40) for _ in range(5000)]
mark("blocks", early)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
