"""The claim on tracemalloc must fail here: it is asked only after one more object was made.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
mark("traced", "end")
"""
AFTER = """\
mark("traced", "end")
more = bytes(1000)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "tracemalloc_agrees.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
