"""The claim on functions, code and modules must fail here: an ordinary object stands in for the function.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
function = names.pop("function")
"""
AFTER = """\
function = Thing()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "deferred.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
