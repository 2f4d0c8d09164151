"""The claim on warming up must fail here: a float comes after four ints.

The same program with one thing changed.  The guard fails, and each miss takes one from the counter.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
source = program.read_text()
assert "    f(3)\n" in source
exec(compile(source.replace("    f(3)\n", "    f(3 if call < 4 else 3.5)\n"), program, "exec"))
