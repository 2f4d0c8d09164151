"""From source to code object: the stages of every way in, and the life of code objects."""

import os
import py_compile
import subprocess
import sys
import unittest

import traces

HERE = os.path.abspath
WHOLE = "compile[ast_optimize symtable codegen flowgraph assemble]"


def write(name, text):
    with open(name, "w") as file:
        file.write(text)


def outline(trace, events, name):
    """The stages of one file as nested text: `parse compile[symtable codegen[flowgraph]]`; a stage
    that never ended is followed by `...`.  Stages that do not nest are an error."""
    done, open_stages = [], []
    children = done
    for event in events:
        if event.name not in ("compile.begin", "compile.end") or trace.text(event) != name:
            continue
        stage = trace.label(event, "stage")
        if event.name == "compile.begin":
            open_stages.append((stage, children))
            children = []
        else:
            began, outer = open_stages.pop()
            if began != stage:
                raise AssertionError(f"{stage} ends inside {began}")
            outer.append(stage + (f"[{' '.join(children)}]" if children else ""))
            children = outer
    while open_stages:
        stage, outer = open_stages.pop()
        outer.append(f"{stage}[{' '.join(children)}...")
        children = outer
    return " ".join(done)


def whole(trace, name):
    return outline(trace, trace.events, name)


class WaysIn(unittest.TestCase):
    """What each way of running a text passes through."""

    def of(self, *arguments, name, **keys):
        trace, _ = traces.run_command(*arguments, options="events=compile", **keys)
        return whole(trace, name)

    def between(self, body, name="<string>", before=""):
        trace, _ = traces.run(f"import glassbox\n{before}\nglassbox.mark('a')\n{body}\n"
                              "glassbox.mark('b')", options="events=compile+mark")
        return outline(trace, trace.between_marks("a", "b"), name)

    def test_a_file(self):
        write("p.py", "x = 1\n")
        self.assertEqual(self.of("p.py", name=HERE("p.py")), f"run_file[parse {WHOLE} eval]")

    def test_a_file_with_a_function_inside_a_function(self):
        write("p.py", "def f():\n def g(): pass\n")
        inner = "flowgraph assemble"
        self.assertEqual(self.of("p.py", name=HERE("p.py")),
                         f"run_file[parse compile[ast_optimize symtable codegen[{inner} {inner}] "
                         f"{inner}] eval]")

    def test_a_file_that_raises_closes_its_stages(self):
        write("p.py", "1/0\n")
        self.assertEqual(self.of("p.py", name=HERE("p.py"), status=1), f"run_file[parse {WHOLE} eval]")

    def test_a_file_that_exits_never_returns_to_run_file(self):
        write("p.py", "raise SystemExit\n")
        self.assertEqual(self.of("p.py", name=HERE("p.py")), f"run_file[parse {WHOLE} eval...")

    def test_the_standard_input(self):
        self.assertEqual(self.of(name="<stdin>", stdin="x = 1\n"), f"run_file[parse {WHOLE} eval]")

    def test_the_interactive_loop_compiles_each_statement(self):
        typed = {"stdin": "x = 1\ny = 2\n", "env": {"PYTHON_BASIC_REPL": "1"}}
        for name in ("<stdin>-0", "<stdin>-1"):
            self.assertEqual(self.of("-i", "-q", name=name, **typed), f"{WHOLE} eval")
        # The parser does not know the statement's number yet; the last parse meets the end.
        self.assertEqual(self.of("-i", "-q", name="<stdin>", **typed), "parse parse parse")

    def test_a_command(self):
        self.assertEqual(self.of("-c", "x = 1", name="<string>"), f"parse {WHOLE} eval")

    def test_a_module_as_main(self):
        write("modmain.py", "x = 1\n")
        self.assertEqual(self.of("-m", "modmain", name=HERE("modmain.py")),
                         f"parse {WHOLE} eval")

    def test_a_compiled_file_is_only_evaluated(self):
        write("q.py", "x = 1\n")
        py_compile.compile("q.py", cfile="q.pyc", dfile="q.py")
        self.assertEqual(self.of("q.pyc", name=HERE("q.pyc")), "run_file")
        self.assertEqual(self.of("q.pyc", name="q.py"), "eval")

    def test_an_import_from_source(self):
        write("fresh.py", "x = 1\n")
        self.assertEqual(self.between("import fresh", HERE("fresh.py")),
                         f"parse {WHOLE} eval")

    def test_an_import_from_the_cache_has_no_stage_but_eval(self):
        write("cached.py", "x = 1\n")
        py_compile.compile("cached.py")
        self.assertEqual(self.between("import cached", HERE("cached.py")), "eval")

    def test_an_import_of_a_frozen_module_has_no_stage_but_eval(self):
        self.assertEqual(self.between("import __hello__", "<frozen __hello__>"), "eval")

    def test_exec_of_a_text(self):
        self.assertEqual(self.between("exec('x = 1')"), f"parse {WHOLE} eval")

    def test_eval_of_a_text(self):
        self.assertEqual(self.between("eval('1 + 1')"), f"parse {WHOLE} eval")

    def test_exec_of_a_code_object(self):
        self.assertEqual(self.between("exec(code)", before="code = compile('x = 1', 'n', 'exec')",
                                      name="n"), "eval")

    def test_eval_of_a_code_object(self):
        self.assertEqual(self.between("eval(code)", before="code = compile('1', 'n', 'eval')",
                                      name="n"), "eval")

    def test_compile_of_a_text(self):
        self.assertEqual(self.between("compile('x = 1', 'n', 'exec')", "n"), f"parse {WHOLE}")

    def test_compile_of_a_tree(self):
        self.assertEqual(self.between("compile(tree, 'n', 'exec')", "n",
                                      "import ast; tree = ast.parse('x = 1', 'n')"), WHOLE)

    def test_a_tree_alone_is_only_parsed(self):
        self.assertEqual(self.between("ast.parse('x = 1', 'n')", "n", "import ast"), "parse")

    def test_an_optimized_tree(self):
        self.assertEqual(self.between("ast.parse('x = 1', 'n', optimize=1)", "n", "import ast"),
                         "parse ast_optimize")

    def test_a_symbol_table_alone(self):
        self.assertEqual(self.between("symtable.symtable('x = 1', 'n', 'exec')", "n",
                                      "import symtable"), "parse symtable")


class Errors(unittest.TestCase):
    """No error leaves a stage open."""

    def of(self, text):
        trace, _ = traces.run("import glassbox, sys\nglassbox.mark('a')\n"
                              "try: compile(sys.argv[1], 'n', 'exec')\nexcept SyntaxError: pass\n"
                              "else: raise SystemExit('it compiles')\nglassbox.mark('b')", text,
                              options="events=compile+mark")
        return outline(trace, trace.between_marks("a", "b"), "n")

    def test_in_the_parser_both_passes_are_one_stage(self):
        self.assertEqual(self.of("x = ("), "parse")

    def test_in_the_tokenizer(self):
        self.assertEqual(self.of("x = 0b3"), "parse")

    def test_in_the_future_statement(self):
        self.assertEqual(self.of("from __future__ import nothing"), "parse compile")

    def test_in_the_symbol_table(self):
        self.assertEqual(self.of("def f(a, a): pass"), "parse compile[ast_optimize symtable]")

    def test_in_the_generation_of_code(self):
        self.assertEqual(self.of("return 1"), "parse compile[ast_optimize symtable codegen]")

    def test_in_the_code_of_an_inner_function(self):
        self.assertEqual(self.of("def f(): pass\ndef g(): break"),
                         "parse compile[ast_optimize symtable codegen[flowgraph assemble]]")


class Code(unittest.TestCase):
    def events(self, body, before="", names=("compile.code_new", "compile.code_free")):
        # Where there is no GIL, code objects count by deferral and die only in a collection.
        trace, _ = traces.run(f"import glassbox, gc\n{before}\ngc.collect()\nglassbox.mark('a')\n"
                              f"{body}\ngc.collect()\nglassbox.mark('b')",
                              options="events=compile+mark")
        return trace, [e for e in trace.between_marks("a", "b") if e.name in names]

    def test_inner_code_is_made_first_and_dies_last(self):
        trace, events = self.events("exec(text)",
                                    "text = 'class A:\\n def f(self): pass\\ndel A'")
        made = [trace.code(e) for e in events if e.name == "compile.code_new"]
        self.assertEqual(made, ["A.f", "A", "<module>"])
        freed = [trace.code(e) for e in events if e.name == "compile.code_free"]
        self.assertEqual(freed, ["<module>", "A", "A.f"])

    def test_the_end_of_compile_names_the_code_that_was_made(self):
        trace, events = self.events("compile('x = 1', 'n', 'exec')",
                                    names=("compile.code_new", "compile.end"))
        made = next(e for e in events if e.name == "compile.code_new")
        ended = [e for e in events if e.name == "compile.end" and trace.label(e, "stage") == "compile"]
        self.assertEqual([e.fields["code"] for e in ended], [made.fields["code"]])

    def test_a_failed_compile_names_no_code(self):
        trace, events = self.events("try: compile('return', 'n', 'exec')\nexcept SyntaxError: pass",
                                    names=("compile.end",))
        self.assertEqual([e.fields["code"] for e in events
                          if trace.label(e, "stage") == "compile"], [0])

    def test_a_code_object_dies_under_the_id_it_was_made_with(self):
        trace, events = self.events("f = eval('lambda: 1')\ndel f")
        lambdas = [e for e in events if trace.code(e) == "<lambda>"]
        self.assertEqual([e.name for e in lambdas], ["compile.code_new", "compile.code_free"])
        self.assertEqual(len({e.fields["code"] for e in lambdas}), 1)
        self.assertEqual(len({e.fields["units"] for e in lambdas}), 1)

    def test_replace_makes_another(self):
        trace, events = self.events("f.__code__.replace(co_name='g', co_qualname='g')",
                                    "def f(): pass")
        self.assertEqual([(e.name, trace.code(e)) for e in events],
                         [("compile.code_new", "g"), ("compile.code_free", "g")])

    def test_unmarshalling_makes_one(self):
        trace, events = self.events("marshal.loads(raw)", "import marshal\n"
                                    "raw = marshal.dumps(compile('x = 1', 'n', 'exec'))")
        self.assertEqual([(e.name, trace.code(e)) for e in events],
                         [("compile.code_new", "<module>"), ("compile.code_free", "<module>")])

    def test_the_id_of_a_dead_code_object_is_not_given_again(self):
        trace, events = self.events("for _ in range(50): eval('lambda: 1')")
        made = [e.fields["code"] for e in events if e.name == "compile.code_new"]
        self.assertEqual(len(made), 100)
        self.assertEqual(len(set(made)), 100)

    def test_code_that_the_recording_never_named_dies_unseen(self):
        subprocess.run([sys.executable, "-c", "import glassbox, gc\n"
                        "f = eval('lambda: 1')\ng = eval('lambda: 1')\n"
                        "glassbox.start('late.gbx', events='compile+frame')\n"
                        "g()\ndel f, g\ngc.collect()\nglassbox.stop()"], check=True)
        freed = traces.Trace("late.gbx").named("compile.code_free")
        self.assertEqual(len(freed), 1)


if __name__ == "__main__":
    unittest.main()
