"""The claim on the header must fail here: the reference of the other thread is the owner's.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
elsewhere(lambda: kept.append(thing))
others"""
AFTER = """\
kept.append(thing)
others"""

program = Path(__file__).resolve().parent.parent / "experiments" / "header.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
