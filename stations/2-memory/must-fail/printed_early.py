"""The claim on totals must fail here: the allocator prints its table, and then more is made.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
sys._debugmallocstats()
"""
AFTER = """\
sys._debugmallocstats()
more = [bytes(40) for _ in range(5000)]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
