"""The claim on functions, code and modules must fail here: there is no collection to end them.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
gc.collect()
"""
AFTER = """\
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "deferred.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
