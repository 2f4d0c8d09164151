"""The claim on tracebacks must fail here: somebody else holds the traceback.

The same program with one thing changed.  It is the traceback that pins the locals, whoever has it.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "error.__traceback__ = None\n" in source
exec(compile(source.replace("error.__traceback__ = None\n", "traceback, error.__traceback__ = error.__traceback__, None\n"), program, "exec"))
