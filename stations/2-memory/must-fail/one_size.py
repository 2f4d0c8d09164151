"""The claim on size classes must fail here: all requests have one size.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
    kept[size - HEAD] = bytes(size - HEAD)
"""
AFTER = """\
    kept[size - HEAD] = bytes(100)
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "blocks.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
