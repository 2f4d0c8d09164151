"""Every specialization and frame event against pystats, upstream's own counters, in the same run.

Run by the `stats` variant: scripts/run-interp stats tests/proofs/test_pystats.py

Four proofs.  The events of a whole run, from the first instruction to the last, sum to what pystats
counted in that run, per family and per reason.  Where pystats is wrong in this version (`deopt` reads
the code unit behind the inline cache) the wrong number is derived from the events, too.  And pystats
is the same whether the run is recorded or not, every counter of it.  What a program adds to the
counts of reference operations is what ref.churn adds up to.

It must not tolerate a difference: what is not equal is derived here from the events, or is a failure.
"""

import collections
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["GLASSBOX_ROOT"], "tests", "interp"))
import traces  # noqa: E402
from programs import DETERMINISTIC, PROGRAMS  # noqa: E402

if not sysconfig.get_config_var("Py_STATS"):
    raise unittest.SkipTest("cannot run here: this build has no pystats")
if os.path.exists("/tmp/py_stats"):
    raise unittest.SkipTest("cannot run here: pystats writes to stderr only where /tmp/py_stats is missing")

EVERYTHING = "mode=full:limit=4G:events=all+alloc:churn=yes"
THROW = 2                   # frame.suspend: gen.throw() had linked the frame for its delegate
PRESENT = 255               # frame.push: was there before the recording
VECTOR, GENERATOR = 1, 2    # pystats: who called the eval loop

FAMILY_NAMES = {
    "BINARY_OP", "BINARY_SUBSCR", "CALL", "COMPARE_OP", "CONTAINS_OP", "FOR_ITER", "LOAD_ATTR",
    "LOAD_GLOBAL", "LOAD_SUPER_ATTR", "SEND", "STORE_ATTR", "STORE_SUBSCR", "TO_BOOL", "UNPACK_SEQUENCE"}


FOLDER = tempfile.mkdtemp(dir=os.getcwd())      # apart: importlib lists the folder that a program runs in


def execute(program, recorded=None, path="t.gbx", prefix=(), options=("-X", "pystats"), **env):
    """Run a program; (what pystats printed as a Counter of its labels, stdout).  The environment has
    the same entries, of the same lengths, whether or not the run is recorded."""
    variable = "PYTHONGLASSBOX" if recorded is not None else "PYTHONGLASSB0X"
    full = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", **env,
            variable: f"{FOLDER}/{path}:{recorded or EVERYTHING}"}
    done = subprocess.run([*prefix, sys.executable, *options, "-c", program], env=full, text=True,
                          capture_output=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"status {done.returncode}: {done.stderr[:2000]}")
    stats = collections.Counter()
    for line in done.stderr.splitlines():
        label, _, value = line.strip().rpartition(":")
        stats[label.strip()] += int(value)
    if not stats:
        raise AssertionError("pystats printed nothing")
    return stats, done.stdout


def record(program, events="events=frame+spec", **more):
    stats, output = execute(program, recorded=events, **more)
    trace = traces.Trace(f"{FOLDER}/t.gbx")
    os.unlink(f"{FOLDER}/t.gbx")
    if trace.lost or trace.overwritten or trace.lost_unattached:
        raise AssertionError("events were lost")
    return trace, stats, output


class Sums:
    """What the events of a trace say that pystats should have counted."""

    def __init__(self, trace, events=None):
        self.trace = trace
        self.expected = collections.Counter()
        for event in trace.events if events is None else events:
            if event.name.startswith("spec."):
                self.add_spec(event.name.removeprefix("spec."), event.fields)
        for events in trace.threads.values():
            self.add_frames(events)

    def opcode(self, number):
        return self.trace.opcodes[number]

    def add_spec(self, what, fields):
        family = f"opcode[{self.opcode(fields['family'])}].specialization"
        if what in ("success", "respecialize"):        # pystats makes no difference between the two
            self.expected[family + ".success"] += 1
        elif what == "fail":
            self.expected[family + ".failure"] += 1
        elif what == "miss":                           # counted for the family and for the member
            self.expected[family + ".miss"] += 1
            self.expected[f"opcode[{self.opcode(fields['opcode_before'])}].specialization.miss"] += 1
        if what in ("success", "respecialize", "fail") and fields["reason"]:
            self.expected[f"{family}.failure_kinds[{fields['reason']}]"] += 1
        elif what == "fail":
            self.expected[f"{family}.failure_kinds[0] or no reason"] += 1

    def add_frames(self, events):
        """One thread's events, in order."""
        entered = {}                                   # frame -> how it was last resumed
        for event in events:
            if event.name in ("frame.push", "frame.resume"):
                self.add_entry(event, +1)
                entered[event.fields["frame"]] = event
            elif event.name == "frame.suspend" and event.fields["why"] == THROW:
                self.add_entry(entered[event.fields["frame"]], -1)      # linked, never run
            elif event.name == "frame.discard":
                self.expected["Frames pushed"] += 1
            elif event.name == "frame.object_new":
                self.expected["Frame objects created"] += 1

    def add_entry(self, event, sign):
        entry, pushed = event.fields["entry"], event.name == "frame.push"
        if entry == PRESENT:
            return
        if pushed:
            self.expected["Frames pushed"] += sign
        if entry == 0:
            self.expected["Calls to PyEval_EvalDefault"] += sign
            self.expected["Calls via PyEval_EvalFrame[0]"] += sign
            self.expected[f"Calls via PyEval_EvalFrame[{VECTOR if pushed else GENERATOR}]"] += sign
        elif not (pushed and self.opcode(entry) == "CALL_ALLOC_AND_ENTER_INIT"):
            self.expected["Calls to Python functions inlined"] += sign  # its shim is no call of its own

    LABELS = re.compile(r"opcode\[\w+\]\.specialization\.(success|failure|miss|failure_kinds\[\d+\])|Frames pushed|"
                        r"Frame objects created|Calls to .*|Calls via PyEval_EvalFrame\[[012]\]")

    def differences(self, stats):
        """{label: (counted, from the events)} for all that both speak of."""
        mine = collections.Counter(self.expected)
        other = collections.Counter({k: v for k, v in stats.items() if self.LABELS.fullmatch(k)})
        for label in [k for k in mine if k.endswith(" or no reason")]:
            # pystats counts nothing where the specializer names no reason; a record has to say 0.
            kind = label.removesuffix(" or no reason")
            unnamed = mine.pop(label)
            if other[kind] > unnamed:
                mine[kind] += unnamed
            else:
                del other[kind]
        return {k: (other[k], mine[k]) for k in sorted(mine.keys() | other.keys())
                if other[k] != mine[k]}


class SumsEqualPystats(unittest.TestCase):
    maxDiff = None

    def check(self, name):
        trace, stats, _ = record(PROGRAMS[name])
        self.assertEqual(Sums(trace).differences(stats), {})
        self.attempts_are_answered(trace)
        self.executions_are_accounted_for(trace, stats)
        return trace, stats

    def attempts_are_answered(self, trace):
        """Each attempt is followed by its one result: the specializer cannot be entered twice."""
        for events in trace.threads.values():
            spec = [e for e in events if e.name.startswith("spec.")]
            for event, after in zip(spec, [*spec[1:], None]):
                if event.name == "spec.attempt":
                    self.assertIn(after and after.name, ("spec.success", "spec.fail", "spec.respecialize"))
                    for field in "code", "offset", "family":
                        self.assertEqual(event.fields[field], after.fields[field])

    def executions_are_accounted_for(self, trace, stats):
        """A generic instruction of a family either asks the specializer or defers; it is reached by
        its own opcode (pystats counts those) or by a miss."""
        attempts, misses = collections.Counter(), collections.Counter()
        for event in trace.named("spec.attempt", "spec.miss"):
            family = trace.opcodes[event.fields["family"]]
            (attempts if event.name == "spec.attempt" else misses)[family] += 1
        for family in FAMILY_NAMES:
            deferred = stats[f"opcode[{family}].specialization.deferred"]
            executed = stats[f"opcode[{family}].execution_count"]
            if family in ("CALL", "LOAD_SUPER_ATTR"):      # their instrumented forms go on as these
                executed += stats[f"opcode[INSTRUMENTED_{family}].execution_count"]
            self.assertEqual(attempts[family] + deferred, executed + misses[family], family)

    def test_calls_of_every_kind(self):
        trace, stats = self.check("calls")
        entries = {trace.opcodes.get(e.fields["entry"]) for e in trace.named("frame.push")}
        self.assertLessEqual({"CALL_PY_EXACT_ARGS", "CALL_ALLOC_AND_ENTER_INIT", "CALL_KW", "CALL_FUNCTION_EX",
                              "BINARY_SUBSCR_GETITEM", "LOAD_ATTR_PROPERTY",
                              "LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN"}, entries)
        self.assertTrue(trace.named("frame.discard"))
        self.assertTrue([e for e in trace.named("frame.pop") if e.fields["why"]])

    def test_generators_and_coroutines(self):
        trace, stats = self.check("generators")
        self.assertEqual({e.fields["why"] for e in trace.named("frame.suspend")}, {0, 1, THROW})
        entries = {trace.opcodes.get(e.fields["entry"]) for e in trace.named("frame.resume")}
        self.assertLessEqual({"FOR_ITER_GEN", "SEND_GEN"}, entries)

    def test_tasks(self):
        self.check("tasks")

    def test_every_family_succeeds_fails_and_misses(self):
        trace, stats = self.check("families")
        for label in "success", "failure":
            self.assertEqual({f for f in FAMILY_NAMES if stats[f"opcode[{f}].specialization.{label}"] == 0},
                             {"LOAD_SUPER_ATTR", "LOAD_GLOBAL"} if label == "failure" else set())
        kinds = [k for k in stats if "failure_kinds" in k]
        self.assertGreater(len(kinds), 40)
        self.assertGreater(len({e.fields["opcode_before"] for e in trace.named("spec.miss")}), 20)

    def test_a_program_of_the_standard_library(self):
        self.check("library")

    def test_a_program_under_profile_trace_and_monitoring(self):
        trace, stats = self.check("observed")
        self.assertTrue(trace.named("spec.instrument"))
        self.assertTrue(trace.named("frame.take_ownership"))

    def test_threads(self):
        self.check("threads")


DEOPT = '''
import sys, json, glassbox
class Missing(Exception): pass
class A: x = 1
class B: x = 2
def handler():
    try: raise KeyError
    except Missing: pass
    except KeyError: pass
def attr(o): return o.x
def formats(o): return f"{o.x}"
def work():
    for i in range(300):
        if i % 3 == 0: globals()[f"name{i}"] = i
        handler()
    for i in range(300):
        o = A() if i // 20 % 2 else B()
        attr(o), formats(o)
glassbox.mark("a"); sys._stats_on(); work(); sys._stats_off(); glassbox.mark("b")
sys._stats_dump()
print(json.dumps({f.__name__: list(f.__code__.co_code) for f in (handler, attr, formats, work)}))
'''


CHURN = """
class Thing: pass
def work(n):
    things = [Thing() for _ in range(n)]
    for thing in things:
        thing.other = things[0]
        pair = (thing, thing) * 3
        text = f"{n} {pair[1] is thing}"
    return sorted(map(id, things)), {thing: text for thing in things}
import glassbox, sys
clear, stop, dump = sys._stats_clear, glassbox.stop, sys._stats_dump
glassbox.start(%r, events="ref", churn=True)
clear()
for _ in range(8):
    work(%d)
stop()
dump()
sys._stats_off()
sys._stats_clear()
"""


class ChurnEqualsPystats(unittest.TestCase):
    def counted(self, n):
        """Increments and decrements of one span: by pystats, and by ref.churn."""
        path = f"{FOLDER}/churn.gbx"
        stats, _ = execute(CHURN % (path, n))
        churn = traces.Trace(path).named("ref.churn")
        os.unlink(path)
        return ([stats["Object increfs"] + stats["Object interpreter increfs"],
                 stats["Object decrefs"] + stats["Object interpreter decrefs"]],
                [sum(event.fields["incs"] for event in churn), sum(event.fields["decs"] for event in churn)])

    def test_what_a_program_does_is_the_same_by_both(self):
        """The two are switched one after the other; what lies between is the same in each run.  (No attribute is
        looked up there: the type cache hashes by addresses, and may have to let go of another's name.)"""
        few, many = self.counted(100), self.counted(200)
        by_pystats, by_churn = ([b - a for a, b in zip(*pair, strict=True)] for pair in zip(few, many, strict=True))
        self.assertGreater(min(by_pystats), 8 * 100 * 10)
        self.assertEqual(by_churn, by_pystats)


class PystatsDeopt(unittest.TestCase):
    """UPDATE_MISS_STATS of 3.13.5 looks for the adaptive counter at next_instr, which by then stands
    behind the inline cache: what it tests is the next instruction, taken for a counter.  Its value is
    0, and a `deopt` is counted, where that instruction's opcode is below 16 and its argument 0."""

    @classmethod
    def setUpClass(cls):
        import opcode
        cls.trace, cls.stats, output = record(DEOPT, "events=frame+spec+mark", options=())
        cls.units = json.loads(output)
        cls.caches = opcode._inline_cache_entries
        cls.events = cls.trace.between_marks("a", "b")

    def at(self, event):
        return self.trace.opcodes[event.fields["family"]], self.trace.code(event), event.fields["offset"]

    def named(self, name):
        return [e for e in self.events if e.name == name]

    def counted(self):
        return {f: n for f in FAMILY_NAMES if (n := self.stats[f"opcode[{f}].specialization.deopt"])}

    def test_other_sums_hold_in_this_span_too(self):
        sums = Sums(self.trace, self.events)
        got = {k: v for k, v in sums.differences(self.stats).items() if k.startswith("opcode")}
        self.assertEqual(got, {})

    def test_pystats_counts_the_misses_before_certain_instructions(self):
        expected = collections.Counter()
        for miss in self.named("spec.miss"):
            family, function, offset = self.at(miss)
            after = 2 * (offset + 1 + self.caches[family])
            code, argument = self.units[function][after:after + 2]
            if code < 16 and argument == 0:
                expected[family] += 1
        self.assertEqual(self.counted(), expected)
        self.assertGreater(expected["LOAD_GLOBAL"], 100)

    def test_a_site_is_given_up_where_its_counter_was_spent(self):
        deopts = self.named("spec.deopt")
        spent = [e for e in self.named("spec.miss") if e.fields["counter_before"] >> 4 == 0]
        self.assertEqual([self.at(e) for e in deopts], [self.at(e) for e in spent])
        follows = [after for event, after in zip(self.events, self.events[1:]) if event.name == "spec.deopt"]
        self.assertEqual({e.name for e in follows}, {"spec.attempt"})
        self.assertEqual([self.at(e) for e in follows], [self.at(e) for e in deopts])
        by_family = collections.Counter(self.at(e)[0] for e in deopts)
        self.assertGreater(by_family["LOAD_ATTR"], 1)
        self.assertGreater(by_family["LOAD_GLOBAL"], 1)
        self.assertNotEqual(by_family, self.counted())      # else upstream is right now: say so and sum it


# Counters that depend on where objects lie: the cache of method lookups is indexed by the address of
# the name.  A recording maps its file among the arenas, so they are equal only where addresses are.
BY_ADDRESS = re.compile(r"Object (method cache .*|frees|increfs|decrefs)")


def fixed_addresses():
    """A command prefix under which two runs have the same addresses; [] where that is forbidden."""
    done = subprocess.run(["setarch", "-R", "true"], capture_output=True)
    return ["setarch", "-R"] if done.returncode == 0 else []


class NoObserverEffect(unittest.TestCase):
    def changed(self, name, **more):
        """{label: (off, on)} of the counters that a recording changed."""
        off, output_off = execute(PROGRAMS[name], path="off.gbx", **more)
        on, output_on = execute(PROGRAMS[name], EVERYTHING, path="on_.gbx", **more)
        self.assertEqual(os.listdir(FOLDER), ["on_.gbx"])
        self.assertGreater(os.path.getsize(f"{FOLDER}/on_.gbx"), 100000)
        os.unlink(f"{FOLDER}/on_.gbx")
        self.assertEqual(output_on, output_off)
        self.assertGreater(len(off), 500)
        return {k: (off[k], on[k]) for k in sorted(off.keys() | on.keys()) if off[k] != on[k]}

    def test_recording_changes_no_counter_at_all(self):
        prefix = fixed_addresses()
        if not prefix:
            self.skipTest("cannot run here: addresses cannot be fixed (setarch -R)")
        for name in DETERMINISTIC:
            # malloc's heap lies apart from what is mapped, so the trace moves no object.
            self.assertEqual(self.changed(name, prefix=prefix, PYTHONMALLOC="malloc"), {}, name)

    def test_recording_changes_no_counter_but_by_moving_objects(self):
        for name in DETERMINISTIC:
            self.assertEqual({k: v for k, v in self.changed(name).items() if not BY_ADDRESS.fullmatch(k)},
                             {}, name)


if __name__ == "__main__":
    unittest.main()
