"""The claim on another class must fail here: there is only one class.

The same program with one thing changed.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert "    first(Other(1, 2))" in source
exec(compile(source.replace("    first(Other(1, 2))", "    first(Point(1, 2))"), program, "exec"))
