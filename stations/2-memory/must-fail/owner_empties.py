"""The claim on the queue must fail here: the owner takes the reference away itself.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
thread.start()
asleep.set()
time.sleep(0.05)
thread.join()
"""
AFTER = """\
box.clear()
thread.start()
asleep.set()
thread.join()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
