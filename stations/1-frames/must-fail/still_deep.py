"""The claim on the growing data stack must fail here: it ends at the bottom of the recursion.

The same program with one thing changed.  As long as no frame has returned, no chunk is given back.
"""
from pathlib import Path

BEFORE = """\
        deep(levels - 1)
"""
AFTER = """\
        deep(levels - 1)
    else:
        mark("deep", "end")
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
