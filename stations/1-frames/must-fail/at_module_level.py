"""The claim on costs must fail here: what looks like a local is a name at module level.

The same program with one thing changed: the loop of the local form runs outside of any function.  The
compiler has no slots there.  Every name is looked up in a dict, and LOAD_NAME never specializes.
"""
from pathlib import Path

program = Path(__file__).resolve().parent.parent / "experiments" / "loads.py"
source = program.read_text()
assert '"local": from_local,' in source
loop = compile("for _ in range(turns):\n" + "    y = x\n" * 16, "<module level>", "exec")


def at_module_level(turns):
    exec(loop, {"x": 7, "turns": turns})


exec(compile(source.replace('"local": from_local,', '"local": at_module_level,'), program, "exec"))
