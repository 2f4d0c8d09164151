"""The claim on the growing data stack must fail here: it ends at the bottom of the recursion.

The same program with one thing changed.  As long as no frame has returned, no chunk is given back.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "        deep(levels - 1)\n" in source
exec(compile(source.replace("        deep(levels - 1)\n", "        deep(levels - 1)\n    else:\n        mark(\"deep\", \"end\")\n"), program, "exec"))
