"""The claim on __slots__ must fail here: it is misspelt.

The same program with one thing changed.  No error says so: it is an attribute of the class like any other.
"""
from pathlib import Path

BEFORE = """\
    __slots__ = {names!r}
"""
AFTER = """\
    __slot__ = {names!r}
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "instances.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
