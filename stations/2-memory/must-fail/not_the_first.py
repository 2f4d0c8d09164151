"""The claim on first instances must fail here: the class has had many before.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
measure_first(make_class(PLAIN, 3))
"""
AFTER = """\
known = make_class(PLAIN, 3)
earlier = [known() for _ in range(COUNT)]
measure_first(known)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "instances.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
