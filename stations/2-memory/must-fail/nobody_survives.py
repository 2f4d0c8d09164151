"""The claim on survivors must fail here: the one that is kept is dropped with the others.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
mark("arenas", "all but one go")
"""
AFTER = """\
mark("arenas", "all but one go")
survivor = None
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "survivor.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
