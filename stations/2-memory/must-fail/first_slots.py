"""The claim on first instances must fail here: __slots__ says how large they are.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
measure_first(make_class(PLAIN, 3))
"""
AFTER = """\
measure_first(make_class(SLOTS, 3))
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "instances.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
