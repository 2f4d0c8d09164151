"""The claim on the header must fail here: it runs on the build with the GIL, in place of the one without.

The same program, and nothing changed.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "header.py"
exec(compile(program.read_text(), program, "exec"))
