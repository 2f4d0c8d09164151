"""The claim on dis must fail here: a float comes between the last event and the look at the counter.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
mark("dis", "begin")
"""
AFTER = """\
mark("dis", "begin")
mostly(1.5, 2.5)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
