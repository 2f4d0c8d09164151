"""The claim on failure must fail here: two lists are added.

The same program with one thing changed.  Adding lists has no member in the family, but not because
their types differ: the reason is another one.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert "mixed(1, 2.0)" in source
exec(compile(source.replace("mixed(1, 2.0)", "mixed([1], [2])"), program, "exec"))
