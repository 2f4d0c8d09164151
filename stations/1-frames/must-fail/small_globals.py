"""The claim on costs must fail here: the form called generic can specialize after all.

The same program with one thing changed: the generic form's globals are an ordinary small dict, so
that nothing keeps LOAD_GLOBAL from specializing there.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "loads.py"
source = program.read_text()
assert "range(1 << 16)" in source
exec(compile(source.replace("range(1 << 16)", "range(16)"), program, "exec"))
