"""Imports, by statement and by importlib, and their steps: find, load, reload."""

import os
import unittest

import traces

FILES = {
    "one.py": "", "two.py": "", "boom.py": "1/0", "ring_a.py": "import ring_b",
    "ring_b.py": "import ring_a", "outer.py": "import one",
    "pkg/__init__.py": "", "pkg/sub.py": "", "pkg/other.py": "",
    "dynamic.py": "import importlib\nimportlib.import_module('one')",
}


def text_of(trace, events, step="find_load"):
    """`name[inner] !failed`, as the imports nest: one step, or all of them, each before its name."""
    done, stack = [], []
    children = done
    for event in events:
        if event.name.startswith("import.") and step not in (None, trace.label(event, "step")):
            continue
        if event.name == "import.begin":
            stack.append((trace.text(event), children))
            children = []
        elif event.name == "import.end":
            name, outer = stack.pop()
            if name != trace.text(event):
                raise AssertionError(f"{trace.text(event)} ends inside {name}")
            outer.append(("" if event.fields["ok"] else "!")
                         + (name if step else f"{trace.label(event, 'step')}:{name}")
                         + (f"[{' '.join(children)}]" if children else ""))
            children = outer
    if stack:
        raise AssertionError(f"{stack[-1][0]} never ends")
    return " ".join(done)


class Import(unittest.TestCase):
    def setUp(self):
        os.makedirs("pkg", exist_ok=True)
        for name, text in FILES.items():
            with open(name, "w") as file:
                file.write(text)

    def of(self, body, before="", step="find_load"):
        trace, _ = traces.run(
            f"import glassbox, importlib, sys\n{before}\nglassbox.mark('a')\n{body}\nglassbox.mark('b')",
            options="events=import+mark")
        return text_of(trace, trace.between_marks("a", "b"), step)

    def failing(self, statement, error, before="", step="find_load"):
        return self.of(f"try: {statement}\nexcept {error}: pass", before, step)

    def test_a_statement(self):
        self.assertEqual(self.of("import one"), "one")

    def test_one_inside_another(self):
        self.assertEqual(self.of("import outer"), "outer[one]")

    def test_a_module_already_there_passes_no_hook(self):
        self.assertEqual(self.of("import one\nfrom one import __name__", "import one"), "")

    def test_a_submodule_imports_its_package_inside_itself(self):
        self.assertEqual(self.of("import pkg.sub"), "pkg.sub[pkg]")

    def test_a_submodule_of_a_package_already_there(self):
        self.assertEqual(self.of("import pkg.sub", "import pkg"), "pkg.sub")

    def test_a_submodule_named_in_a_from_list(self):
        self.assertEqual(self.of("from pkg import other", "import pkg"), "pkg.other")

    def test_a_relative_import_has_the_absolute_name(self):
        self.assertEqual(self.of("exec('from . import sub', {'__package__': 'pkg'})", "import pkg"),
                         "pkg.sub")

    def test_a_builtin_and_a_frozen_module(self):
        self.assertEqual(self.of("import _symtable, __hello__"), "_symtable __hello__")

    def test_a_missing_module_ends_not_ok(self):
        self.assertEqual(self.failing("import missing", "ImportError"), "!missing")

    def test_a_module_that_raises_ends_not_ok(self):
        self.assertEqual(self.failing("import boom", "ZeroDivisionError"), "!boom")

    def test_a_name_barred_in_sys_modules_ends_not_ok(self):
        self.assertEqual(self.failing("import one", "ImportError", "sys.modules['one'] = None"),
                         "!one")

    def test_a_circular_import_meets_the_half_made_module_and_passes_no_hook(self):
        self.assertEqual(self.of("import ring_a"), "ring_a[ring_b]")

    def test_the_function_behind_the_statement_passes_too(self):
        self.assertEqual(self.of("__import__('one')"), "one")

    def test_an_import_by_c_code_passes_too(self):
        self.assertEqual(self.of("pickle.loads(b'cone\\n__name__\\n.')", "import pickle"), "one")

    def test_import_module(self):
        self.assertEqual(self.of("importlib.import_module('outer')"), "outer[one]")
        self.assertEqual(self.of("import dynamic"), "dynamic[one]")
        self.assertEqual(self.of("importlib.import_module('.sub', 'pkg')"), "pkg.sub[pkg]")

    def test_import_module_of_a_module_already_there(self):
        self.assertEqual(self.of("importlib.import_module('one')", "import one", None), "")

    def test_the_import_of_importlib(self):
        self.assertEqual(self.of("importlib.__import__('one')"), "one")

    def test_a_statement_finds_and_loads(self):
        self.assertEqual(self.of("import outer", step=None),
                         "find_load:outer[find:outer load:outer[find_load:one[find:one load:one]]]")

    def test_a_builtin_and_a_frozen_module_are_found_and_loaded(self):
        self.assertEqual(self.of("import _symtable, __hello__", step=None),
                         "find_load:_symtable[find:_symtable load:_symtable] "
                         "find_load:__hello__[find:__hello__ load:__hello__]")

    def test_a_missing_module_is_not_found(self):
        self.assertEqual(self.failing("import missing", "ImportError", step=None),
                         "!find_load:missing[!find:missing]")

    def test_a_module_that_raises_is_found_and_not_loaded(self):
        self.assertEqual(self.failing("import boom", "ZeroDivisionError", step=None),
                         "!find_load:boom[find:boom !load:boom]")

    def test_reload_finds_and_executes_again(self):
        self.assertEqual(self.of("importlib.reload(outer)", "import outer", None), "find:outer reload:outer")
        self.assertEqual(self.failing("importlib.reload(one)", "NameError",
                                      "import one\nopen('one.py', 'w').write('x' * 9)", None),
                         "find:one !reload:one")

    def test_find_spec_only_finds(self):
        self.assertEqual(self.of("importlib.util.find_spec('one')", "import importlib.util", None), "find:one")
        self.assertEqual(self.of("importlib.util.find_spec('missing')", "import importlib.util", None),
                         "!find:missing")

    def test_a_spec_that_was_not_found_is_not_asked_for_its_name(self):
        """A wrapper runs nobody's code: such a load has no events."""
        body = ("class Spec:\n loader = None\n submodule_search_locations = []\n"
                " @property\n def name(self): raise SystemExit(9)\n"
                "try: importlib._bootstrap._load_unlocked(Spec())\nexcept SystemExit: pass")
        self.assertEqual(self.of(body, step=None), "")

    def test_a_wrapper_passes_on_what_it_gets(self):
        trace, out = traces.run("import importlib._bootstrap as b\n"
                                "print(b._find_spec(name='nowhere', path=None))\n"
                                "try: b._find_spec()\nexcept TypeError as e: print(e)\n"
                                "import traceback\ntry: import boom\n"
                                "except ZeroDivisionError as e: print(len(traceback.extract_tb(e.__traceback__)))",
                                options="events=import")
        self.assertEqual(out, "None\n_find_spec() missing 2 required positional arguments: 'name' and 'path'\n2\n")

    def test_import_module_shows_as_frames(self):
        trace, _ = traces.run("import glassbox, importlib\nglassbox.mark('a')\n"
                              "importlib.import_module('one')\nglassbox.mark('b')",
                              options="events=frame+mark")
        pushed = [trace.code(e) for e in trace.between_marks("a", "b") if e.name == "frame.push"]
        self.assertIn("_gcd_import", pushed)
        self.assertIn("_find_and_load", pushed)

    def test_the_first_import_of_all_is_seen(self):
        trace, _ = traces.run("pass", options="events=import")
        self.assertEqual(trace.text(trace.named("import.begin")[0]), "_frozen_importlib_external")


if __name__ == "__main__":
    unittest.main()
