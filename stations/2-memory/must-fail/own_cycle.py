"""The claim on del must fail here: the object holds itself.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
only = Node()
"""
AFTER = """\
only = Node()
only.me = only
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
