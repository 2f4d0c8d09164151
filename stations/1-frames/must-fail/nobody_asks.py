"""The claim on frame objects must fail here: the function is named, but never called.

The same program with one thing changed.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "def asks():\n    sys._getframe()\n" in source
exec(compile(source.replace("def asks():\n    sys._getframe()\n", "def asks():\n    sys._getframe\n"), program, "exec"))
