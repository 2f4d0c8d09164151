"""The claim on an owner that is gone must fail here: it waits, and gets the object queued.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
    left.append(Thing())
    watch(left[0], "orphan")


elsewhere(make)
mark("gone", "begin")
left.clear()
mark("gone", "end")
"""
AFTER = """\
    left.append(Thing())
    watch(left[0], "orphan")
    made.set()
    seen.wait()


made, seen = threading.Event(), threading.Event()
thread = threading.Thread(target=make)
thread.start()
made.wait()
mark("gone", "begin")
left.clear()
mark("gone", "end")
seen.set()
thread.join()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "halves.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
