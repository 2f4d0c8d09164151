"""The claim on costs must fail here: the form called fused has each statement on a line of its own.

The same program with one thing changed.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "loads.py"
source = program.read_text()
assert "y = x; " in source
exec(compile(source.replace("y = x; ", "y = x\n        "), program, "exec"))
