"""Every family of specialized instructions, through everything that can become of a site.

One row a family. Its function `f` holds the site. The row's `good` argument makes the site
specialize; its `other` argument makes the specialized form miss until the site is given up; its
`bad` argument, met first of all, makes the attempt fail.
"""

import functools
import unittest

import traces

SETUP = """
import glassbox, sys, types
class Inst:
    def __init__(self): self.x = 1
class Slot:
    __slots__ = ("x",)
    def __init__(self): self.x = 1
class Base:
    def m(self): return 1
class Fake:
    def __init__(self, *a): pass
    def m(self): return 2
class Sub(Base):
    def f(self, arg): return super().m()
class Prop:
    x = property(lambda s: 1, lambda s, v: None)
class Dynamic:
    def __getattr__(self, name): return 1
def gen(): yield 1
def drain(f, arg):
    for _ in f(arg): pass
def swallow(f, arg):
    try: f(arg)
    except NameError: pass
def method(a, b): return b
"""


def row(f, good, form, other, become, bad, why, guard="type", kind=None, run="f({})", bad_f=None):
    """good -> form; other -> misses by `guard` on a `kind`, then `become`; bad -> fails for `why`."""
    return dict(locals())


ROWS = {
    "LOAD_ATTR": row("def f(o): return o.x", "Inst()", "LOAD_ATTR_INSTANCE_VALUE",
                     "Slot()", "LOAD_ATTR_SLOT", "Dynamic()", "ATTR_NOT_IN_KEYS",
                     guard="type_version", kind="Slot"),
    "STORE_ATTR": row("def f(o): o.x = 1", "Inst()", "STORE_ATTR_INSTANCE_VALUE",
                      "Slot()", "STORE_ATTR_SLOT", "Prop()", "ATTR_PROPERTY",
                      guard="type_version", kind="Slot"),
    "LOAD_GLOBAL": row("there = 1\ndef f(o): return there", "0", "LOAD_GLOBAL_MODULE",
                       "globals().__setitem__('new', 1)", "LOAD_GLOBAL_MODULE", "0", "OUT_OF_RANGE",
                       guard="globals_keys", run="swallow(f, {})",
                       bad_f="def f(o): return nowhere"),
    "BINARY_SUBSCR": row("def f(o): return o[0]", "[1]", "BINARY_SUBSCR_LIST_INT",
                         "{0: 1}", "BINARY_SUBSCR_DICT", "memoryview(b'a')", "SUBSCR_BUFFER_INT",
                         kind="dict"),
    "STORE_SUBSCR": row("def f(o): o[0] = 1", "[1]", "STORE_SUBSCR_LIST_INT",
                        "{0: 1}", "STORE_SUBSCR_DICT", "bytearray(b'a')", "SUBSCR_BYTEARRAY_INT",
                        kind="dict"),
    "CALL": row("def f(o): return o('a')", "lambda a: a", "CALL_PY_EXACT_ARGS",
                "len", "CALL_LEN", "types.MethodType(max, 'b')", "CALL_BOUND_METHOD",
                kind="builtin_function_or_method"),
    "BINARY_OP": row("def f(o): return o + o", "1", "BINARY_OP_ADD_INT",
                     "0.5", "BINARY_OP_ADD_FLOAT", "[]", "BINARY_OP_ADD_OTHER", kind="float"),
    "COMPARE_OP": row("def f(o): return o == o", "1", "COMPARE_OP_INT",
                      "'a'", "COMPARE_OP_STR", "[]", "COMPARE_OP_LIST", kind="str"),
    "FOR_ITER": row("def f(o):\n for _ in o: pass", "[]", "FOR_ITER_LIST",
                    "()", "FOR_ITER_TUPLE", "{}", "ITER_DICT_KEYS", kind="tuple_iterator"),
    "SEND": row("def f(o): yield from o() if callable(o) else o", "gen", "SEND_GEN",
                "[1]", "ITER_LIST", "[1]", "ITER_LIST", kind="list_iterator", run="drain(f, {})"),
    "UNPACK_SEQUENCE": row("def f(o): a, b = o", "(1, 2)", "UNPACK_SEQUENCE_TWO_TUPLE",
                           "[1, 2]", "UNPACK_SEQUENCE_LIST", "'ab'", "UNPACK_SEQUENCE_SEQUENCE",
                           kind="list"),
    "TO_BOOL": row("def f(o): return 1 if o else 2", "1", "TO_BOOL_INT",
                   "[]", "TO_BOOL_LIST", "(1,)", "TO_BOOL_TUPLE", kind="list"),
    "CONTAINS_OP": row("def f(o): return 1 in o", "{1: 1}", "CONTAINS_OP_DICT",
                       "{1}", "CONTAINS_OP_SET", "[1]", "CONTAINS_OP_LIST", kind="set"),
    "LOAD_SUPER_ATTR": row("f = Sub.f; self = Sub()", "0", "LOAD_SUPER_ATTR_METHOD",
                           "globals().__setitem__('super', Fake)", "SUPER_SHADOWED", "0",
                           "SUPER_SHADOWED", guard="other", kind="type", run="f(self, {})",
                           bad_f="f = Sub.f; self = Sub(); globals()['super'] = Fake"),
}

GOOD_TIMES, OTHER_TIMES, BAD_TIMES = 9, 70, 40
COOLDOWN = 52                              # executions a specialized site is sure of


def record(before, body):
    trace, _ = traces.run(f"{SETUP}\n{before}\nglassbox.mark('a')\n{body}\nglassbox.mark('b')",
                          options="events=spec+mark")
    return trace, trace.between_marks("a", "b")


def of_site(trace, events, family):
    """The events of `f`'s site of that family, without repeated ones: (event, before, after)."""
    found = [e for e in events if e.name.startswith("spec.") and trace.code(e).split(".")[-1] == "f"
             and trace.opcodes[e.fields["family"]] == family]
    sites = {e.fields["offset"] for e in found}
    if len(sites) > 1:
        raise AssertionError(f"{family} has sites at {sites}")
    return found


def brief(trace, events):
    return [(e.name.removeprefix("spec."), trace.opcodes[e.fields["opcode_before"]],
             trace.opcodes[e.fields["opcode_after"]]) for e in events]


def reason(trace, event):
    return trace.reasons[event.fields["family"] << 8 | event.fields["reason"]]


def over_rows(test):
    @functools.wraps(test)
    def each(self):
        for family, one in ROWS.items():
            with self.subTest(family):
                test(self, family, one)
    return each


@traces.specializing
class Families(unittest.TestCase):
    @over_rows
    def test_attempt_and_success(self, family, one):
        trace, events = record(one["f"], f"for _ in range({GOOD_TIMES}): "
                               + one["run"].format(one["good"]))
        site = of_site(trace, events, family)
        self.assertEqual(brief(trace, site), [("attempt", family, family),
                                              ("success", family, one["form"])])
        self.assertEqual(site[1].fields["counter_after"] >> 4, COOLDOWN)

    @over_rows
    def test_misses_then_the_site_is_given_up_and_tried_again(self, family, one):
        loop = f"for _ in range({{}}): {one['run']}\n"
        trace, events = record(one["f"], loop.format(GOOD_TIMES, one["good"])
                               + loop.format(OTHER_TIMES, one["other"]))
        site, form = of_site(trace, events, family)[2:], one["form"]
        misses = [e for e in site if e.name == "spec.miss" and
                  trace.opcodes[e.fields["opcode_before"]] == form][:COOLDOWN + 1]
        self.assertEqual([e.fields["counter_before"] >> 4 for e in misses],
                         list(range(COOLDOWN, -1, -1)))
        self.assertEqual({trace.label(e, "guard") for e in misses}, {one["guard"]})
        if one["kind"] is not None:
            self.assertEqual({trace.text(e, "type") for e in misses}, {one["kind"]})
        rest = site[len(misses):]
        self.assertEqual(brief(trace, rest[:2]), [("deopt", form, form), ("attempt", form, form)])
        if one["become"].startswith(family):
            self.assertEqual(brief(trace, rest[2:3]), [("respecialize", form, one["become"])])
        else:
            self.assertEqual(brief(trace, rest[2:3]), [("fail", form, family)])
            self.assertEqual(reason(trace, rest[2]), one["become"])

    @over_rows
    def test_a_failure_has_its_reason_and_backs_off(self, family, one):
        trace, events = record(one["bad_f"] or one["f"], f"for _ in range({BAD_TIMES}): "
                               + one["run"].format(one["bad"]))
        site = of_site(trace, events, family)
        fails = [e for e in site if e.name == "spec.fail"]
        self.assertEqual(brief(trace, site), [("attempt", family, family),
                                              ("fail", family, family)] * len(fails))
        self.assertGreater(len(fails), 2)
        self.assertEqual({reason(trace, e) for e in fails}, {one["why"]})
        backoffs = [e.fields["counter_after"] & 15 for e in fails]
        self.assertEqual(backoffs, list(range(backoffs[0], backoffs[0] + len(fails))))

    @over_rows
    def test_tracing_single_instructions_takes_the_form_away_and_gives_none_back(self, family, one):
        trace_opcodes = ("def tracer(frame, event, arg):\n"
                         " frame.f_trace_opcodes = True; return tracer\n")
        call = one["run"].format(one["good"])
        trace, events = record(f"{one['f']}\n{trace_opcodes}for _ in range({GOOD_TIMES}): {call}",
                               f"sys.settrace(tracer); {call}; sys.settrace(None); {call}")
        changed = [trace.opcodes[e.fields["opcode_after"]] for e in of_site(trace, events, family)
                   if e.name == "spec.instrument"]
        self.assertTrue(changed[0].startswith("INSTRUMENTED_"), changed)
        self.assertEqual(changed[-1], family)

    def test_all_families_have_a_row(self):
        trace, _ = traces.run("pass", options="events=spec")
        named = {ident >> 8 for ident in trace.reasons}
        self.assertEqual({trace.opcodes[family] for family in named}, set(ROWS))


@traces.specializing
class Guards(unittest.TestCase):
    """What a miss found wrong, beyond another type."""

    def misses(self, before, body, family, function="f"):
        trace, events = record(before, body)
        return trace, [e for e in events if e.name == "spec.miss" and trace.code(e) == function
                       and trace.opcodes[e.fields["family"]] == family]

    def check(self, before, body, family, guard, kind=None):
        trace, misses = self.misses(before, body, family)
        self.assertGreater(len(misses), 0)
        self.assertEqual({trace.label(e, "guard") for e in misses}, {guard})
        if kind is not None:
            self.assertEqual({trace.text(e, "type") for e in misses}, {kind})
        return misses

    def test_the_right_operand(self):
        self.check("def f(a, b): return a + b\nfor _ in range(9): f(1, 1)", "f(1, 0.5)",
                   "BINARY_OP", "type", "float")

    def test_a_value_of_the_right_type_that_does_not_fit(self):
        self.check("def f(a, b): return a == b\nfor _ in range(9): f(1, 1)", "f(2**99, 2**99)",
                   "COMPARE_OP", "other", "int")

    def test_an_index_out_of_range(self):
        self.check("def f(a): return a[-1]\ndef f(a, i): return a[i]\nfor _ in range(9): f([1], 0)",
                   "f([1], -1)", "BINARY_SUBSCR", "other", "list")

    def test_a_tuple_of_another_length(self):
        self.check("def f(o):\n try: a, b = o\n except ValueError: pass\n"
                   "for _ in range(9): f((1, 2))", "f((1, 2, 3))", "UNPACK_SEQUENCE", "other", "tuple")

    def test_a_class_that_was_changed(self):
        misses = self.check("def f(o): return o.x\no = Inst()\nfor _ in range(9): f(o)",
                            "Inst.y = 1; f(o)", "LOAD_ATTR", "type_version", "Inst")
        self.assertNotEqual(misses[0].fields["expected"], misses[0].fields["found"])

    def test_a_module_with_a_new_name(self):
        self.check("m = types.ModuleType('m'); m.x = 1\ndef f(o): return o.x\n"
                   "for _ in range(9): f(m)", "m.y = 1; f(m)", "LOAD_ATTR", "keys_version", "module")

    def test_an_attribute_of_another_class(self):
        self.check("class A: x = 1\nclass B: x = 1\ndef f(o): return o.x\nfor _ in range(9): f(A)",
                   "f(B)", "LOAD_ATTR", "type_version", "type")

    def test_another_function(self):
        misses = self.check("def f(o): return o()\ng = lambda: 1; h = lambda: 2\n"
                            "for _ in range(9): f(g)", "f(h)", "CALL", "function_version", "function")
        self.assertNotEqual(misses[0].fields["expected"], misses[0].fields["found"])

    def test_another_bound_method(self):
        self.check("def f(o): return o()\na = Base().m; b = Fake().m\nfor _ in range(9): f(a)",
                   "f(b)", "CALL", "function_version", "function")

    def test_another_class_to_make(self):
        self.check("def f(o): return o()\nclass A:\n def __init__(self): pass\n"
                   "class B:\n def __init__(self): pass\nfor _ in range(9): f(A)", "f(B)", "CALL",
                   "type_version", "type")

    def test_a_new_builtin(self):
        self.check("import builtins\ndef f(): return len\nfor _ in range(9): f()",
                   "builtins.new_name = 1; f()", "LOAD_GLOBAL", "builtins_keys")

    def test_no_room_on_the_data_stack(self):
        trace, misses = self.misses("def f(n): return n and f(n - 1)\nf(50)",
                                    "for _ in range(9): f(900)", "CALL")
        self.assertIn("stack_space", {trace.label(e, "guard") for e in misses})

    def test_the_recursion_limit(self):
        trace, misses = self.misses("def f(n): return f(n + 1)\n", "try: f(0)\n"
                                    "except RecursionError: pass", "CALL")
        self.assertEqual(trace.label(misses[-1], "guard"), "recursion")

    def test_a_resume_that_the_eval_breaker_wants_is_a_miss_without_a_counter(self):
        trace, events = record(
            "import signal\ndef f(): pass\nfor _ in range(9): f()\n"
            "signal.signal(signal.SIGALRM, lambda *a: None)",
            "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n"
            "for _ in range(300000): f()\nsignal.setitimer(signal.ITIMER_REAL, 0)")
        misses = [e for e in events if e.name == "spec.miss" and trace.code(e) == "f"
                  and trace.opcodes[e.fields["family"]] == "RESUME"]
        self.assertGreater(len(misses), 0)
        self.assertEqual({trace.label(e, "guard") for e in misses}, {"eval_breaker"})
        self.assertEqual([e for e in events if e.name == "spec.deopt" and trace.code(e) == "f"], [])


@traces.specializing
class Instrument(unittest.TestCase):
    """Un-specialization that upstream does silently: in and out, by event, line and instruction."""

    SITE = "def g(): pass\ndef f(): g()\nfor _ in range(9): f()\n"

    def changes(self, before, body):
        trace, events = record(before, body)
        return [(b, a) for n, b, a in brief(trace, [e for e in events if trace.code(e) == "f"])
                if n == "instrument"]

    MONITOR = (SITE + "M = sys.monitoring; M.use_tool_id(3, 't')\n"
               "def on(e): M.register_callback(3, e, lambda *a: None); M.set_events(3, e)\n")

    def test_an_event_and_its_end(self):
        changed = self.changes(self.MONITOR, "on(M.events.CALL); f(); M.set_events(3, 0); f()")
        self.assertIn(("CALL_PY_EXACT_ARGS", "INSTRUMENTED_CALL"), changed)
        self.assertIn(("INSTRUMENTED_CALL", "CALL"), changed)

    def test_a_line_and_its_end(self):
        changed = self.changes(self.MONITOR, "on(M.events.LINE); f(); M.set_events(3, 0); f()")
        self.assertEqual(changed, [("LOAD_GLOBAL_MODULE", "INSTRUMENTED_LINE"),
                                   ("INSTRUMENTED_LINE", "LOAD_GLOBAL")])

    def test_an_instruction_and_its_end(self):
        changed = self.changes(self.MONITOR,
                               "on(M.events.INSTRUCTION); f(); M.set_events(3, 0); f()")
        self.assertIn(("CALL_PY_EXACT_ARGS", "INSTRUMENTED_INSTRUCTION"), changed)
        self.assertIn(("INSTRUMENTED_INSTRUCTION", "CALL"), changed)

    def test_a_profiler(self):
        changed = self.changes(self.SITE, "sys.setprofile(lambda *a: None); f(); sys.setprofile(None)")
        self.assertIn(("CALL_PY_EXACT_ARGS", "INSTRUMENTED_CALL"), changed)

    def test_a_tracer(self):
        changed = self.changes(self.SITE, "sys.settrace(lambda *a: None); f(); sys.settrace(None)")
        self.assertIn(("LOAD_GLOBAL_MODULE", "INSTRUMENTED_LINE"), changed)


if __name__ == "__main__":
    unittest.main()
