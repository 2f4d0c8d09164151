"""The claim on free lists must fail here: a set goes back to the allocator.

The same program with one thing changed.  Lists have a free list, sets have none.
"""
from pathlib import Path

BEFORE_1 = """\
first = []
"""
AFTER_1 = """\
first = set()
"""
BEFORE_2 = """\
second = []
"""
AFTER_2 = """\
second = set()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE_1 in source
assert BEFORE_2 in source
exec(compile(source.replace(BEFORE_1, AFTER_1).replace(BEFORE_2, AFTER_2), program, "exec"))
