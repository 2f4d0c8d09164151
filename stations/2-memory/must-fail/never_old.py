"""The claim on old cycles must fail here: no collection came before, so the cycle is young.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
watch(old, "old")
gc.collect()
gc.collect()
"""
AFTER = """\
watch(old, "old")
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "references.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
