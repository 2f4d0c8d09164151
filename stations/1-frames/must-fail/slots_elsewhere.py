"""The claim on another class must fail here: the other class has __slots__.

The same program with one thing changed.  What is stored in another way is loaded by another opcode.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert "class Other(Point):" in source
changed = source.replace(
    "class Other(Point):",
    "class Other:\n    __slots__ = ('x', 'y')\n    __init__ = Point.__init__\n",
)
exec(compile(changed, program, "exec"))
