"""The claim on thresholds must fail here: the program asks for the collection itself.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE_1 = """\
gc.enable()
"""
AFTER_1 = """\
"""
BEFORE_2 = """\
fill(gc.get_threshold()[0] + 100)
"""
AFTER_2 = """\
gc.collect(0)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE_1 in source
assert BEFORE_2 in source
exec(compile(source.replace(BEFORE_1, AFTER_1).replace(BEFORE_2, AFTER_2), program, "exec"))
