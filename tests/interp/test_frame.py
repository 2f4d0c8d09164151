"""Every path by which a frame is entered and left: a row of EVENTS.md each."""

import os
import subprocess
import sys
import unittest

import traces


def edges(program, **keys):
    """(trace, events between the marks 'a' and 'b') of a program; `body` runs between them."""
    trace, _ = traces.run(program, options="events=frame+mark", **keys)
    return trace, trace.between_marks("a", "b")


def shape(trace, events):
    """frame events as short text: +name pushed inline, @name pushed by C, -name popped..."""
    text = []
    for event in events:
        name = trace.code(event)
        kind = event.name
        if kind in ("frame.push", "frame.resume"):
            sign = {"frame.push": "+", "frame.resume": ">"}[kind]
            text.append(("@" if event.fields["entry"] == 0 else "") + sign + name)
        elif kind == "frame.pop":
            text.append(("-", "!")[event.fields["why"]] + name)
        elif kind == "frame.suspend":
            text.append("<" + name)
        elif kind == "frame.generator":
            text.append("*" + name)
        elif kind == "frame.discard":
            text.append("x" + name)
    return " ".join(text)


def between(body, before=""):
    trace, events = edges(f"import glassbox\n{before}\nglassbox.mark('a')\n{body}\nglassbox.mark('b')")
    return trace, events


class Paths(unittest.TestCase):
    def check(self, before, body, expected):
        trace, events = between(body, before)
        self.assertEqual(shape(trace, events), expected)
        return trace, events

    def by(self, trace, event):
        return trace.opcodes[event.fields["entry"]]

    def test_a_generic_call_is_inlined(self):
        trace, events = self.check("def f(): return 1", "f()", "+f -f")
        self.assertEqual(self.by(trace, events[0]), "CALL")

    @traces.specializing
    def test_a_specialized_call_is_inlined(self):
        trace, events = between("g()", "def f(): return 1\ndef g():\n for _ in range(9): f()")
        entries = [self.by(trace, e) for e in events if e.name == "frame.push"]
        self.assertEqual(entries[1], "CALL")
        self.assertEqual(entries[-1], "CALL_PY_EXACT_ARGS")

    def test_a_call_with_keywords_is_inlined(self):
        self.check("def f(*, k): return k", "f(k=1)", "+f -f")

    def test_a_call_with_unpacked_arguments_is_inlined(self):
        self.check("def f(*a): return a", "f(*[1], **{})", "+f -f")

    def test_a_call_through_c_enters_the_loop_anew(self):
        self.check("def f(x): return x", "list(map(f, [1, 2]))", "@+f -f @+f -f")

    @traces.specializing
    def test_getitem_is_inlined_once_specialized(self):
        trace, events = between("g()", "class A:\n def __getitem__(self, i): return i\na = A()\n"
                                       "def g():\n for i in range(9): a[i]")
        entries = [e.fields["entry"] for e in events if trace.code(e) == "A.__getitem__"
                   and e.name == "frame.push"]
        self.assertEqual(entries[0], 0)
        self.assertEqual(trace.opcodes[entries[-1]], "BINARY_SUBSCR_GETITEM")

    @traces.specializing
    def test_a_property_is_inlined_once_specialized(self):
        trace, events = between("g()", "class A:\n @property\n def p(self): return 1\na = A()\n"
                                       "def g():\n for i in range(9): a.p")
        entries = [e.fields["entry"] for e in events if trace.code(e) == "A.p"
                   and e.name == "frame.push"]
        self.assertEqual(entries[0], 0)
        self.assertEqual(trace.opcodes[entries[-1]], "LOAD_ATTR_PROPERTY")

    @traces.specializing
    def test_getattribute_is_inlined_once_specialized(self):
        trace, events = between(
            "g()", "class A:\n def __getattribute__(self, n): return 1\na = A()\n"
                   "def g():\n for i in range(9): a.p")
        entries = [e.fields["entry"] for e in events if trace.code(e) == "A.__getattribute__"
                   and e.name == "frame.push"]
        self.assertEqual(trace.opcodes[entries[-1]], "LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN")

    @traces.specializing
    def test_an_inlined_init_brings_a_shim(self):
        trace, events = between("g()", "class A:\n def __init__(self): pass\n"
                                       "def g():\n for i in range(9): A()")
        text = shape(trace, events)
        self.assertTrue(text.startswith("+g @+A.__init__ -A.__init__"), text)
        self.assertTrue(text.endswith("+<inlined __init__> +A.__init__ -A.__init__ "
                                      "-<inlined __init__> -g"), text)

    def test_a_generator_moves_to_the_heap_and_resumes_there(self):
        trace, events = self.check("def g(): yield 1", "list(g())", "+g *g @>g <g @>g -g")
        generator = events[1].fields["generator"]
        self.assertEqual({e.fields["frame"] for e in events[2:]}, {generator})

    @traces.specializing
    def test_a_for_loop_over_a_generator_is_inlined_once_specialized(self):
        trace, events = between("f()", "def g():\n for i in range(9): yield i\n"
                                       "def f():\n for x in g(): pass")
        entries = [e.fields["entry"] for e in events if e.name == "frame.resume"]
        self.assertEqual(entries[0], 0)
        self.assertEqual(trace.opcodes[entries[-1]], "FOR_ITER_GEN")

    def test_await_sends_inline(self):
        trace, events = self.check("async def a(): return 1\nasync def b(): return await a()\n",
                                   "try: b().send(None)\nexcept StopIteration: pass",
                                   "+b *b @>b +a *a >a -a -b")

    def test_yield_from_suspends_both(self):
        trace, events = self.check("def a(): yield 1\ndef b(): yield from a()", "x = b(); next(x)",
                                   "+b *b @>b +a *a >a <a <b")
        self.assertEqual([e.fields["why"] for e in events if e.name == "frame.suspend"], [0, 1])

    def test_an_exception_unwinds_each_frame(self):
        self.check("def f(): 1/0\ndef g(): f()", "try: g()\nexcept ZeroDivisionError: pass",
                   "+g +f !f !g")

    def test_throw_resumes_the_generator(self):
        self.check("def g():\n try: yield 1\n except ValueError: yield 2\nx = g(); next(x)",
                   "x.throw(ValueError)", "@>g <g")

    def test_throw_links_the_delegating_generator(self):
        self.check("def a():\n try: yield 1\n except ValueError: yield 2\n"
                   "def b(): yield from a()\nx = b(); next(x)", "x.throw(ValueError)",
                   ">b @>a <a <b")

    def test_a_call_with_wrong_arguments_is_discarded(self):
        self.check("def f(a): pass", "try: f()\nexcept TypeError: pass", "xf")

    def test_monitored_code_leaves_by_the_instrumented_return_and_yield(self):
        before = ("import sys\nM = sys.monitoring\nM.use_tool_id(3, 't')\n"
                  "M.register_callback(3, M.events.PY_RETURN, str().format)\n"
                  "def f(): return [0]\ndef c(): return 1\ndef g(): yield 1\n"
                  "M.set_events(3, M.events.PY_RETURN | M.events.PY_YIELD)")
        self.check(before, "f(); c(); x = g(); next(x)", "+f -f +c -c +g *g @>g <g")

    def test_frames_that_were_there_before_are_pushed_first(self):
        subprocess.run([sys.executable, "-c", "import glassbox\n"
                        "def inner(): glassbox.start('late.gbx', events='frame+mark'); "
                        "glassbox.mark('m')\ndef outer(): inner()\nouter()"], check=True)
        trace = traces.Trace("late.gbx")
        events = trace.threads[0]
        there = [trace.code(e) for e in events if e.name == "frame.push" and e.fields["entry"] == 255]
        self.assertEqual(there[:3], ["<module>", "outer", "inner"])
        left = [trace.code(e) for e in events if e.name == "frame.pop"]
        self.assertEqual([name for name in left if name in there[:3]], ["inner", "outer", "<module>"])

    def test_a_generator_closed_at_a_yield_outside_any_try_is_not_resumed(self):
        self.check("def g(): yield 1\nx = g(); next(x)", "x.close()", "")

    def test_a_generator_closed_inside_a_try_is_resumed(self):
        self.check("def g():\n try: yield 1\n finally: pass\nx = g(); next(x)", "x.close()",
                   "@>g !g")


class Objects(unittest.TestCase):
    def names(self, before, body):
        trace, events = between(body, before)
        return trace, events, [e.name for e in events if e.name.startswith("frame.o")
                               or e.name == "frame.take_ownership"]

    def test_a_call_makes_no_frame_object(self):
        _, _, names = self.names("def f(): return 1", "f()")
        self.assertEqual(names, [])

    def test_getframe_makes_one_and_it_dies_with_the_call(self):
        _, _, names = self.names("import sys\ndef f(): sys._getframe()", "f()")
        self.assertEqual(names, ["frame.object_new", "frame.object_free"])

    def test_a_frame_kept_takes_over_its_frame(self):
        trace, events, names = self.names("import sys\ndef f(): return sys._getframe()",
                                          "x = f()\ndel x")
        self.assertEqual(names.count("frame.take_ownership"), 1)
        own = next(e for e in events if e.name == "frame.take_ownership")
        self.assertEqual(trace.code(own), "f")

    def test_deep_recursion_takes_a_new_chunk_and_gives_it_back(self):
        trace, events = between("f(900)", "def f(n): return n and f(n - 1)")
        new = [e.fields["address"] for e in events if e.name == "frame.chunk_new"]
        free = [e.fields["address"] for e in events if e.name == "frame.chunk_free"]
        self.assertGreater(len(new), 0)
        self.assertEqual(new, free[::-1])

    def test_c_code_that_makes_a_frame_of_its_own(self):
        # expat notes the line of the document in the traceback: by a frame that never runs.
        trace, events, names = self.names(
            "from xml.parsers import expat\np = expat.ParserCreate()\n"
            "def stop(*a): 1/0\np.StartElementHandler = stop",
            "try: p.Parse('<a/>')\nexcept ZeroDivisionError: pass")
        made = [trace.code(e) for e in events if e.name == "frame.object_new"]
        self.assertIn("StartElement", made)
        self.assertEqual(shape(trace, events), "@+stop !stop")

    def test_a_thread_gives_its_chunks_back(self):
        trace, _ = traces.run("import threading, glassbox\ndef f(): glassbox.mark('in')\n"
                              "t = threading.Thread(target=f); t.start(); t.join()",
                              options="events=frame+mark+thread")
        thread = next(e.thread for e in trace.named("mark.mark"))
        chunks = {name: [e.fields["address"] for e in trace.threads[thread] if e.name == name]
                  for name in ("frame.chunk_new", "frame.chunk_free")}
        self.assertEqual(len(chunks["frame.chunk_new"]), 1)
        self.assertEqual(chunks["frame.chunk_new"], chunks["frame.chunk_free"])

    def test_a_traceback_pins_a_local(self):
        trace, _ = traces.run(
            "import glassbox\nclass Thing: pass\n"
            "def f():\n thing = Thing(); glassbox.watch(thing, 'thing'); 1/0\n"
            "try: f()\nexcept ZeroDivisionError as e: kept = e\n"
            "glassbox.mark('kept')\ndel kept\nglassbox.mark('gone')")
        order = [e.name if e.name != "mark.mark" else trace.strings[e.fields["name"]]
                 for e in trace.named("mark.mark", "ref.dealloc", "mark.watch")]
        self.assertEqual(order, ["mark.watch", "kept", "ref.dealloc", "gone"])


class Nesting(unittest.TestCase):
    PROGRAM = ("import json, re, dataclasses, collections, asyncio, random\n"
               "@dataclasses.dataclass\nclass P: x: int; y: int = 2\n"
               "async def main():\n"
               "    await asyncio.gather(*[asyncio.sleep(0.001) for _ in range(20)])\n"
               "asyncio.run(main())\n"
               "json.loads(json.dumps([dataclasses.asdict(P(i)) for i in range(50)]))\n"
               "re.compile('(a|b)*c+').match('abac')\n"
               "sorted(range(100), key=lambda n: -n)\n")

    def test_pushes_and_pops_nest_in_a_program_with_everything(self):
        trace, _ = traces.run(self.PROGRAM, options="events=frame")
        for events in trace.threads.values():
            stack = []
            for event in events:
                frame = event.fields.get("frame")
                if event.name in ("frame.push", "frame.resume"):
                    stack.append(frame)
                elif event.name in ("frame.pop", "frame.suspend", "frame.generator"):
                    self.assertEqual(stack.pop(), frame)
            self.assertEqual(stack, [])

    def test_function_entries_equal_those_of_sys_monitoring(self):
        program = ("import sys, glassbox, collections\nseen = collections.Counter()\n"
                   "M = sys.monitoring\nM.use_tool_id(3, 't')\n"
                   "def note(code, offset): seen[code.co_qualname] += 1\n"
                   "M.register_callback(3, M.events.PY_START, note)\n"
                   "import json, re\n"
                   "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
                   "class A:\n def __init__(self): self.l = [fib(5)]\n"
                   "def work():\n"
                   "    for _ in range(30): A(); fib(8); json.dumps({'a': [1, None]}, indent=1)\n"
                   "M.set_events(3, M.events.PY_START)\nglassbox.mark('a')\nwork()\n"
                   "glassbox.mark('b')\nM.set_events(3, 0)\n"
                   "import ast; print(dict(seen))\n")
        trace, out = traces.run(program, options="events=frame+mark")
        import ast
        seen = ast.literal_eval(out)
        entries = {}
        started = set()
        for event in trace.between_marks("a", "b"):
            if event.name == "frame.push" and trace.code(event) not in ("note", "<inlined __init__>"):
                entries[trace.code(event)] = entries.get(trace.code(event), 0) + 1
        # A generator's first resume is the entry that sys.monitoring sees; its push makes the object.
        self.assertEqual({k: v for k, v in seen.items() if v != entries.get(k)}, {})


if __name__ == "__main__":
    unittest.main()
