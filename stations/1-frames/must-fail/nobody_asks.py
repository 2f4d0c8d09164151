"""The claim on frame objects must fail here: the function is named, but never called.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
def asks():
    sys._getframe()
"""
AFTER = """\
def asks():
    sys._getframe
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
