"""The claim on the queue must fail here: the other thread has a reference of its own, so the shared half is above zero.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
    asleep.wait()
    time.sleep(0.01)
    box.clear()
"""
AFTER = """\
    asleep.wait()
    taken.append(box[0])
    box.clear()


taken = []
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
