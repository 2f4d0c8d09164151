"""The claim on thresholds must fail here: the collector stays off.

The same program with one thing changed.  Counting goes on, but nobody acts on it.
"""
from pathlib import Path

BEFORE = """\
gc.enable()
"""
AFTER = """\
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
