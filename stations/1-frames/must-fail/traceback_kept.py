"""The claim on tracebacks must fail here: somebody else holds the traceback.

The same program with one thing changed.  It is the traceback that pins the locals, whoever has it.
"""
from pathlib import Path

BEFORE = """\
error.__traceback__ = None
"""
AFTER = """\
traceback, error.__traceback__ = error.__traceback__, None
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
