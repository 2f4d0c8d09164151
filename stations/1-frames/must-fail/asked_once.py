"""The claim on generators must fail here: nobody asks for the second value.

The same program with one thing changed.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "frames.py"
source = program.read_text()
assert "for number in numbers:\n    pass\n" in source
exec(compile(source.replace("for number in numbers:\n    pass\n", "next(numbers)\n"), program, "exec"))
