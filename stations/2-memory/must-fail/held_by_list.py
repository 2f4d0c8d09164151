"""The claim on del must fail here: a list holds the object, too.

The same program with one thing changed.  The name goes, and the object stays.
"""
from pathlib import Path

BEFORE = """\
only = Node()
"""
AFTER = """\
only = Node()
holder = [only]
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
