"""No observer effect: what a deterministic program does is the same with every class recorded as with none.

Run by both builds: scripts/run-interp gil tests/proofs/test_effects.py   (or ft)

Each program runs without a recording, twice, and with one.  It notes as it goes when the collector ran
(at which block, what it collected, what it counted then), and at its end the adaptive code of every
function, how many blocks there are, what gc.get_stats() says, and the addresses of what it has kept.
That, its output, its warnings and its exit status have to be the same.  What two runs without a recording
do not do alike proves nothing and is a failure.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["GLASSBOX_ROOT"], "tests", "interp"))
import traces  # noqa: E402
from programs import DETERMINISTIC, PROGRAMS  # noqa: E402

EVERYTHING = "limit=4G:events=frame+spec+ref+obj+alloc+gc+thread+compile+import+mark+aio+buf:churn=yes"
FOLDER = tempfile.mkdtemp(dir=os.getcwd())

# The lists have their room beforehand: noting allocates nothing that the program could feel in one run only.
PROLOGUE = """
import gc, sys
_notes, _kept = [], []
def _note(phase, info):
    _notes.append((phase, info["generation"], info["collected"], info["uncollectable"], gc.get_count(),
                   sys.getallocatedblocks() - _base))
gc.collect()
_base = sys.getallocatedblocks()
gc.callbacks.append(_note)
_start = gc.get_stats()
"""

CHURN = '''
class Node:
    def __init__(self, n): self.n, self.me = n, self
class Bare:
    __slots__ = ("a",)
for i in range(20000):
    n = Node(i)
    if i % 3 == 0: _kept.append([n, (i, str(i)), {i: 1.5 * i}, Bare(), b"x" * (i % 700)])
    if i % 1000 == 999: del _kept[-50:]
'''

# What the report itself allocates depends on addresses (which sets and dicts of objects collide).
EPILOGUE = """
_blocks, _count = sys.getallocatedblocks() - _base, gc.get_count()
gc.callbacks.clear()
_stats = gc.get_stats()
def _report():
    import hashlib, json, types
    code = {}
    def visit(c):
        code[f"{c.co_filename}:{c.co_firstlineno}:{c.co_qualname}"] = hashlib.md5(c._co_code_adaptive).hexdigest()
        for k in c.co_consts:
            if isinstance(k, types.CodeType): visit(k)
    visit(sys._getframe(1).f_code)
    for f in gc.get_objects():
        if isinstance(f, types.FunctionType): visit(f.__code__)
    json.dump({"notes": _notes, "count": _count, "stats": [_start, _stats], "blocks": _blocks,
               "code": code, "addresses": [[id(o) % PART, *(id(i) % PART for i in o)] for o in _kept]}, sys.stdout)
    sys.stdout.write("\\n")
import warnings
warnings.warn("a warning")
_report()
sys.exit(3)
"""
# mimalloc draws where its segments of 32 MB lie; where an object lies in its segment it does not.
EPILOGUE = EPILOGUE.replace("PART", str(1 << 25 if traces.FREE_THREADED else 1 << 64))


def execute(program, recorded, prefix=(), **env):
    """(stdout, stderr, exit status).  The environment is of the same size whether it is recorded or not."""
    variable = "PYTHONGLASSBOX" if recorded else "PYTHONGLASSB0X"
    env = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **env,
           variable: f"{FOLDER}/t.gbx:{EVERYTHING}"}
    done = subprocess.run([*prefix, sys.executable, "-c", PROLOGUE + program + EPILOGUE], env=env, text=True,
                          capture_output=True, timeout=300)
    return done.stdout, done.stderr, done.returncode


def fixed_addresses():
    """A command prefix under which two runs have the same addresses; [] where that is forbidden."""
    done = subprocess.run(["setarch", "-R", "true"], capture_output=True)
    return ["setarch", "-R"] if done.returncode == 0 else []


def from_the_first_note(reports):
    """Their blocks counted from the first collection on."""
    for report in reports:
        base = report["notes"][0][-1]
        report["notes"] = [[*note[:-1], note[-1] - base] for note in report["notes"]]
        report["blocks"] -= base
    return reports


class NoObserverEffect(unittest.TestCase):
    maxDiff = 4000

    def runs(self, program, **more):
        """What a program reported without a recording and with one, less what is not even equal without."""
        first, second = (execute(program, False, **more) for _ in range(2))
        self.assertEqual(os.listdir(FOLDER), [])
        on = execute(program, True, **more)
        self.assertEqual(os.listdir(FOLDER), ["t.gbx"])
        self.check_trace({"buf"} if "memoryview" in program else set())
        self.assertEqual(first[2], 3, first[1])
        self.assertEqual(on[1:], first[1:])
        self.assertIn("a warning", first[1])
        reports = [json.loads(text.splitlines()[-1]) for text, _, _ in (first, second, on)]
        self.assertEqual(on[0].splitlines()[:-1], first[0].splitlines()[:-1])
        return reports

    def check_trace(self, more):
        """It is sound, nothing was lost, and there are events of each class, and of `more`; and away with it."""
        done = subprocess.run([os.environ["GLASSBOX"], "stat", "--json", f"{FOLDER}/t.gbx"], capture_output=True, text=True)
        os.unlink(f"{FOLDER}/t.gbx")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual((said["sound"], said["lost"]), (True, 0))
        seen = {entry["class"] for entry in said["classes"] if entry["count"]}
        self.assertLessEqual({"frame", "ref", "obj", "alloc", "gc"} | more, seen)

    def same(self, program, keys, reports=list, **more):
        first, second, on = reports(self.runs(program, **more))
        for key in keys:
            self.assertEqual(second[key], first[key], f"{key}: not deterministic, proves nothing")
            self.assertEqual(on[key], first[key], key)
        return on

    def at_fixed_addresses(self, program, keys):
        """With malloc(): what the recorder maps lies apart from its heap, and so moves nothing."""
        prefix = fixed_addresses()
        if not prefix:
            self.skipTest("cannot run here: addresses cannot be fixed (setarch -R)")
        return self.same(program, keys, prefix=prefix, **({} if traces.FREE_THREADED else {"PYTHONMALLOC": "malloc"}))

    def test_adaptive_code_and_collections(self):
        for name in sorted(DETERMINISTIC):
            with self.subTest(program=name):
                report = self.at_fixed_addresses(PROGRAMS[name], ["notes", "count", "stats", "code"])
                self.assertGreater(len(report["code"]), 500)

    def test_objects_lie_at_the_same_addresses(self):
        report = self.at_fixed_addresses(CHURN, ["addresses", "notes", "code"])
        self.assertGreater(len(report["addresses"]), 4000)

    def test_collections_begin_at_the_same_allocation(self):
        """With the allocator as it is.  Before the first collection a block more or less hangs on addresses, which
        differ from run to run without a recording, too; so blocks are counted from there."""
        report = self.same(CHURN, ["notes", "count", "stats", "blocks"], reports=from_the_first_note)
        self.assertGreater(len(report["notes"]), 2 if traces.FREE_THREADED else 20)
        self.assertGreater(report["blocks"], 20_000)


if __name__ == "__main__":
    unittest.main()
