"""The claim on ownership must fail here: a second name holds the frame object.

The same program with one thing changed.  Deleting one name is not the end of the object.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "kept = keeps()\n" in source
exec(compile(source.replace("kept = keeps()\n", "kept = again = keeps()\n"), program, "exec"))
