"""The claim on __slots__ must fail here: nobody asks for the __dict__, so there is none.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
            kept[i].__dict__
"""
AFTER = """\
            kept[i]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "instances.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
