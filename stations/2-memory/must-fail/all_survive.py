"""The claim on survivors must fail here: all are kept.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
    kept[i] = None
"""
AFTER = """\
    pass
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "survivor.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
