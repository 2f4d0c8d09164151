"""Specialization: every way a site changes, and that looking does not change it."""

import ast
import os
import subprocess
import sys
import unittest

import traces


def record(body, before=""):
    """(trace, spec events between the marks) of a program."""
    trace, _ = traces.run(f"import glassbox\n{before}\nglassbox.mark('a')\n{body}\nglassbox.mark('b')",
                          options="events=spec+mark")
    return trace, [e for e in trace.between_marks("a", "b") if e.name.startswith("spec.")]


def at(trace, events, function, family):
    """The events of one function's sites of one family, as (event, before, after) names."""
    return [(e.name.removeprefix("spec."), trace.opcodes[e.fields["opcode_before"]],
             trace.opcodes[e.fields["opcode_after"]]) for e in events
            if trace.code(e) == function and trace.opcodes[e.fields["family"]] == family]


@traces.specializing
class Sites(unittest.TestCase):
    def test_a_site_specializes_on_its_second_execution(self):
        trace, events = record("f(); f(); f()", "x = 1\ndef f(): return x")
        self.assertEqual(at(trace, events, "f", "LOAD_GLOBAL"),
                         [("attempt", "LOAD_GLOBAL", "LOAD_GLOBAL"),
                          ("success", "LOAD_GLOBAL", "LOAD_GLOBAL_MODULE")])

    def test_a_new_global_misses_until_the_counter_is_spent(self):
        trace, events = record("f(); f(); globals()['y'] = 2\nfor _ in range(60): f()",
                               "x = 1\ndef f(): return x")
        self.assertEqual(at(trace, events, "f", "LOAD_GLOBAL")[:2],
                         [("attempt", "LOAD_GLOBAL", "LOAD_GLOBAL"),
                          ("success", "LOAD_GLOBAL", "LOAD_GLOBAL_MODULE")])
        rest = [e for e in events if trace.code(e) == "f"][2:]
        misses = [e for e in rest if e.name == "spec.miss"]
        after = [e.name for e in rest if e.name != "spec.miss"]
        self.assertEqual(after, ["spec.deopt", "spec.attempt", "spec.respecialize"])
        cooldown = rest[0].fields["counter_before"] >> 4
        self.assertEqual(len(misses), cooldown + 1)
        self.assertEqual([e.fields["counter_before"] >> 4 for e in misses],
                         list(range(cooldown, -1, -1)))
        self.assertEqual({e.fields["guard"] for e in misses}, {4})
        for miss in misses:
            self.assertNotEqual(miss.fields["expected"], miss.fields["found"])

    def test_mixed_types_fail_with_a_reason_and_back_off(self):
        trace, events = record("for i in range(99): f(i, 0.5 * i if i % 2 else 'a')",
                               "def f(a, b):\n try: return a + b\n except TypeError: pass")
        fails = [e for e in events if e.name == "spec.fail" and trace.code(e) == "f"
                 and trace.opcodes[e.fields["family"]] == "BINARY_OP"]
        self.assertGreater(len(fails), 1)
        family = fails[0].fields["family"]
        self.assertEqual({trace.reasons[family << 8 | e.fields["reason"]] for e in fails},
                         {"BINARY_OP_ADD_DIFFERENT_TYPES"})
        backoffs = [e.fields["counter_after"] & 15 for e in fails]
        self.assertEqual(backoffs, list(range(backoffs[0], backoffs[0] + len(fails))))

    def test_a_type_miss_names_the_type_and_both_versions(self):
        trace, events = record("for o in [A()] * 9 + [B()] * 3: f(o)",
                               "class A: x = 1\nclass B: x = 2\ndef f(o): return o.x")
        misses = [e for e in events if e.name == "spec.miss" and trace.code(e) == "f"]
        self.assertEqual(len(misses), 3)
        self.assertEqual({trace.strings[e.fields["type"]] for e in misses}, {"B"})
        for miss in misses:
            self.assertEqual(miss.fields["guard"], 2)
            self.assertNotEqual(miss.fields["expected"], miss.fields["found"])

    def test_monitoring_takes_a_specialized_site_away_and_says_so(self):
        trace, events = record("M.set_events(3, M.events.CALL); f()",
                               "import sys\nM = sys.monitoring; M.use_tool_id(3, 't')\n"
                               "M.register_callback(3, M.events.CALL, str().format)\n"
                               "def g(): pass\ndef f(): g()\nfor _ in range(9): f()")
        changed = [e for e in events if e.name == "spec.instrument" and trace.code(e) == "f"
                   and trace.opcodes[e.fields["opcode_after"]] == "INSTRUMENTED_CALL"]
        self.assertEqual([trace.opcodes[e.fields["opcode_before"]] for e in changed],
                         ["CALL_PY_EXACT_ARGS"])

    def test_every_family_has_a_name_for_each_reason_it_can_meet(self):
        source = os.path.join(os.environ["GLASSBOX_ROOT"], "cpython/src/glassbox/Python")
        with open(os.path.join(source, "specialize.c")) as file:
            import re
            known = set(re.findall(r"#define SPEC_FAIL_(\w+)", file.read()))
        trace, _ = record("pass")
        self.assertEqual(known - set(trace.reasons.values()), set())


WORKLOAD = '''
import json, re, collections, dataclasses, textwrap, ast, dis
def work():
    tree = ast.parse(textwrap.dedent(open(dis.__file__).read()))
    names = collections.Counter(type(n).__name__ for n in ast.walk(tree))
    text = json.dumps(names, indent=1)
    return len(re.findall(r"\\w+", text)), json.loads(text)
work(); work()
'''

STATE = WORKLOAD + '''
import gc, types, hashlib
def codes():
    seen, todo = set(), [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]
    todo = [f.__code__ for f in todo]
    while todo:
        code = todo.pop()
        if code not in seen:
            seen.add(code)
            todo += [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return seen
state = {}
for code in codes():
    state.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(
        [(i.offset, i.opname) for i in dis.get_instructions(code, adaptive=True)])
for key in sorted(state): print(key, sorted(state[key]))
'''


class NoObserverEffect(unittest.TestCase):
    def test_tracing_changes_no_adaptive_code(self):
        env = dict(os.environ, PYTHONHASHSEED="0")
        off = subprocess.run([sys.executable, "-c", STATE], env=env, stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        _, on = traces.run(STATE, env={"PYTHONHASHSEED": "0"})
        self.assertGreater(len(off), 100000)
        self.assertEqual(on.count("\n"), off.count("\n"))
        self.assertEqual(on, off)


if __name__ == "__main__":
    unittest.main()
