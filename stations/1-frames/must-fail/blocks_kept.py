"""The claim on the data stack must fail here: each call makes a list.

The same program with one thing changed.  The frame still costs no allocation, but the list does.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "    seen[depth] = sys.getallocatedblocks()\n" in source
exec(compile(source.replace("    seen[depth] = sys.getallocatedblocks()\n", "    seen[depth] = sys.getallocatedblocks()\n    mine = [depth]\n"), program, "exec"))
