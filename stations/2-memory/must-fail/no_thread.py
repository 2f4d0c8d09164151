"""The claim on functions, code and modules must fail here: no thread starts, and none is immortal.

The same program with one thing changed.
"""
from pathlib import Path

BEFORE = """\
thread = threading.Thread(target=call)
thread.start()
thread.join()
"""
AFTER = """\
call()
"""

program = Path(__file__).resolve().parent.parent / "experiments" / "deferred.py"
source = program.read_text()
assert BEFORE in source
exec(compile(source.replace(BEFORE, AFTER), program, "exec"))
