"""The grading engine, from a learner's files to result.json, on the tiny lab.

Run by scripts/run-interp on the interpreter that is graded with. WITNESS=no in the environment grades without the
witness, which is for tests alone.
"""

import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "tiny"))
import tiny  # noqa: E402

PLAIN = "--no-witness" if os.environ.get("WITNESS") == "no" else "--require-level=isolated"

GOOD = """
_sum = 0

def hot(n):
    global _sum
    _sum = _sum + n

def total():
    return _sum
"""


class Staged(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="gbx-core-")
        self.addCleanup(self.temporary.cleanup)
        self.stage = tiny.Stage(self.temporary.name)

    def check(self, source, *words, **files):
        return self.stage.check(self.stage.work(source, **files), PLAIN, *words)

    def violates(self, source, name):
        """The work is a violation of this name, with no score, and the program says so without falling over."""
        result = self.check(source)
        self.assertEqual((result["verdict"], result["score"]), ("violation", 0), result["message"])
        self.assertEqual(result["violation"]["name"], name, result["message"])
        self.assertEqual(set(tiny.facts(result).values()), {"violation"})
        return result


class Good(Staged):
    def test_the_reference_passes(self):
        result = self.stage.check(self.stage.work(), PLAIN, status=0)
        self.assertEqual(result["verdict"], "pass", result["message"])
        self.assertEqual(set(tiny.facts(result).values()), {"pass"})
        self.assertEqual((result["score"], result["points"]), (34, 36))
        self.assertEqual(result["explanations"][0]["score"], 4)

    def test_what_is_handed_out_fails(self):
        folder = self.stage.new("work")
        self.stage.run("lab", "start", 9, "--student", "ann", "--to", folder)
        result = self.stage.check(folder, PLAIN, status=1)
        self.assertEqual(tiny.facts(result), {"specializes": "fail", "steady": "prerequisite", "calls": "pass",
                                              "total": "fail", "quick": "pass"})
        after = [fact["after"] for fact in result["facts"]]
        self.assertEqual(after, [None, "specializes", None, None, None])

    def test_learner_and_grader_see_the_same(self):
        work = self.stage.work()
        learner = self.stage.check(work, PLAIN)
        grader = self.stage.grade(self.stage.bundle(work), PLAIN)
        self.assertEqual(tiny.judgement(learner, hidden=False), tiny.judgement(grader, hidden=False))
        self.assertEqual(tiny.facts(grader)["other"], "pass")
        self.assertNotIn("other", tiny.facts(learner))

    def test_grading_twice_gives_the_same_bytes(self):
        for source in (GOOD, "def hot(n):\n    raise ValueError(object())\n", "while True: print(1)\n"):
            bundle = self.stage.bundle(self.stage.work(source))
            first, second = (self.stage.grade(bundle, PLAIN) for _ in range(2))
            self.assertEqual(tiny.judgement(first), tiny.judgement(second))

    def test_a_result_names_what_it_was_made_by(self):
        result = self.stage.grade(self.stage.bundle(self.stage.work()), PLAIN)
        self.assertRegex(result["submission"], r"^sha256:[0-9a-f]{64}$")
        self.assertRegex(result["seed"], r"^sha256:[0-9a-f]{16}$")
        self.assertRegex(result["lab"]["rubric"], r"^sha256:[0-9a-f]{64}$")
        self.assertIn(result["host"]["sandbox"]["level"], ("isolated", "full"))
        self.assertTrue(result["host"]["evidence"]["specializes"][0]["ref"].startswith("spec.success@work.py:"))
        self.assertGreater(result["host"]["measured"]["calls"]["calls of hot()"], 59)


class Credit(Staged):
    def test_part_of_a_count_is_part_of_the_points(self):
        result = self.check("""
def hot(n):
    if n >= 30:
        raise SystemExit
def total(): return 0
""")
        self.assertEqual(result["verdict"], "submission-error")
        half = self.stage.labs / "9-tiny" / "harness.py"
        half.write_text(half.read_text().replace('range(lab.parameter("calls"))', 'range(30)'))
        result = self.check(GOOD)
        fact = next(f for f in result["facts"] if f["id"] == "calls")
        self.assertEqual(fact["verdict"], "partial")
        self.assertTrue(0 < fact["score"] < 8)
        self.assertEqual(fact["actual"], "30")

    def test_hints_cost_what_they_say_and_never_more_than_they_brought(self):
        work = self.stage.work()
        for _ in range(2):
            self.stage.run("lab", "hint", 9, "specializes", "--folder", work)
        result = self.stage.check(work, PLAIN)
        self.assertEqual([hint["cost"] for hint in result["hints"]], [0, 1.5])
        self.assertEqual(result["score"], 32.5)
        (work / "work.py").write_text("def hot(n): pass\ndef total(): return 0\n")
        self.assertEqual([hint["cost"] for hint in self.stage.check(work, PLAIN)["hints"]], [0, 0])

    def test_a_matter_of_time_is_tried_again(self):
        source = GOOD + "\nimport os\ndef coin(): return int(os.urandom(1)[0] < 128)\n"
        seen = set()
        for _ in range(12):
            result = self.check(source)
            fact = next(f for f in result["facts"] if f["id"] == "quick")
            seen.add(fact["verdict"])
            if fact["verdict"] == "flaky":
                self.assertEqual(fact["score"], 2)
                self.assertIn(fact["attempts"], (2, 3))
                self.assertEqual(result["verdict"], "flaky")
                return
        self.fail(f"not once in twelve: {seen}")


class Wrong(Staged):
    def error(self, source, message, **files):
        result = self.check(source, **files)
        self.assertEqual(result["verdict"], "submission-error", result["message"])
        self.assertEqual({f["score"] for f in result["facts"] if f["id"] != "quick"}, {0})
        self.assertRegex(result["message"], message)

    def test_what_is_raised_is_said_with_its_line(self):
        self.error("def hot(n):\n    return 1 // 0\n", "work.py, line 2: ZeroDivisionError")

    def test_a_syntax_error(self):
        self.error("def hot(n:\n", "work.py, line 1: SyntaxError")

    def test_a_missing_function(self):
        self.error("def hot(n): pass\n", "AttributeError.*total")

    def test_ending_early_is_no_end(self):
        self.error("import os\nos._exit(0)\n", "ended before")
        self.error("import sys\nsys.exit(0)\n", "SystemExit")

    def test_broken_answers(self):
        self.error(GOOD, "answers.toml", answers__toml="a = = 1\n")

    def test_no_file(self):
        work = self.stage.work()
        (work / "work.py").unlink()
        result = self.stage.check(work, PLAIN)
        self.assertEqual((result["verdict"], result["score"]), ("submission-error", 0))

    def test_limits_have_names(self):
        for source, word in (("while True: pass\n", "limit:cpu"), ("import time\ntime.sleep(60)\n", "limit:wall"),
                             ("while True: print('x' * 999)\n", "limit:output"),
                             ("all = []\nwhile True: all.append(bytearray(1 << 22))\n", "limit:memory")):
            result = self.check(source)
            self.assertEqual((result["verdict"], result["score"]), (word, 0), result["message"])
            self.assertEqual(result["limit"]["kind"], word[6:])


class Forged(Staged):
    """Marks are believed only where the harness made them."""

    def test_the_learner_marks_a_part(self):
        self.violates("import glassbox\nglassbox.mark('part', 'calls begin')\n" + GOOD, "forged-mark")

    def test_the_learner_calls_the_harness_for_it(self):
        self.violates("import lab\nlab.part('calls').__enter__()\n" + GOOD, "forged-mark")

    def test_a_finalizer_marks_while_only_the_harness_is_on_the_stack(self):
        self.violates(GOOD + """
import lab
class Late:
    __del__ = lab.part("calls").__enter__
def total():
    return Late() and _sum
class Sum(int):
    __del__ = lab.part("after").__enter__
""" + "_keep = Sum()\ndef total():\n    global _keep\n    it, _keep = _keep, 0\n    return it\n", "forged-mark")

    def test_a_partial_of_mark_runs_without_a_frame(self):
        self.violates(GOOD + """
import functools, glassbox
class Late(float):
    __del__ = functools.partial(glassbox.mark, "part", "after end")
def total():
    return Late()
""", "forged-mark")

    def test_a_part_is_moved(self):
        """lab.part does nothing any more, and its real methods are called by the interpreter itself, elsewhere."""
        self.violates(GOOD + """
import lab
_part = lab.part
class Quiet:
    def __enter__(self): pass
    def __exit__(self, *a): pass
lab.part = lambda name: Quiet() if name == "calls" else _part(name)
class Begin:
    __del__ = _part("calls").__enter__
class End:
    __del__ = _part("calls").__exit__
def hot(n):
    return Begin() if n == 5 else End() if n == 20 else None
""", "forged-mark")

    def test_a_thread_that_only_marks(self):
        self.violates("import atexit, glassbox, threading\n"
                      "threading.Thread(target=glassbox.mark, args=('part', 'calls begin')).start()\n" + GOOD,
                      "forged-mark")

    def test_code_that_says_it_is_the_harness(self):
        self.violates("exec(compile('import lab\\nlab._mark(\"part\", \"x begin\")', '/lab/lab.py', 'exec'))\n" + GOOD,
                      "foreign-code")
        self.violates("def f(): pass\nf.__code__ = f.__code__.replace(co_filename='/lab/harness.py')\n" + GOOD,
                      "foreign-code")

    def test_marks_of_the_learners_own_are_free(self):
        result = self.check("import glassbox\nglassbox.mark('mine', 1)\n" + GOOD)
        self.assertEqual(result["verdict"], "pass", result["message"])

    def test_the_recorder_is_the_harnesss(self):
        self.violates("import glassbox\nglassbox.stop()\n" + GOOD, "recorder-switched")
        self.violates("import glassbox\nglassbox.select('frame+mark')\n" + GOOD, "recorder-switched")

    @unittest.skipIf(PLAIN == "--no-witness", "cannot run here: there is no witness")
    def test_ctypes_is_for_labs_that_say_so(self):
        source = "import ctypes\n" + GOOD
        self.assertEqual(self.check(source)["verdict"], "pass")
        toml = self.stage.labs / "9-tiny" / "lab.toml"
        toml.write_text(toml.read_text().replace("ctypes = true", "ctypes = false"))
        self.violates(source, "foreign-code")

    @unittest.skipIf(PLAIN == "--no-witness", "cannot run here: there is no witness")
    def test_the_recording_is_taken_away(self):
        for ending in ("os._exit(1)", "os._exit(0)", "1 // 0", "pass"):
            result = self.check(f"import os\nos.unlink('/trace/run.gbx')\n{ending}\n" + GOOD)
            self.assertEqual((result["verdict"], result["score"]), ("violation", 0), (ending, result["message"]))

    def test_the_harness_is_replaced(self):
        """Whatever becomes of the module, marks that are missing are no part, and the end is no end."""
        result = self.check("import lab\nlab._mark = lambda *a: None\n" + GOOD)
        self.assertNotIn(result["verdict"], ("pass", "partial", "flaky"), result["message"])
        self.assertEqual(result["score"], 0)


class Ours(Staged):
    """What is at fault on our side is no verdict on anybody."""

    def test_a_harness_that_fails_before_anything_is_loaded(self):
        harness = self.stage.labs / "9-tiny" / "harness.py"
        text = harness.read_text()
        for broken in ("import nowhere\n" + text, text.replace("work = lab.load()", "work = lab.lode()")):
            harness.write_text(broken)
            result = self.stage.grade(self.stage.bundle(self.stage.work()), status=75)
            self.assertEqual((result["verdict"], result["score"]), ("infrastructure", None))
            self.assertIn("before any work was loaded", result["message"])

    def test_a_folder_of_labs_without_the_bundles_lab(self):
        bundle = self.stage.bundle(self.stage.work())
        (self.stage.labs / "9-tiny").rename(self.stage.labs / "elsewhere")
        result = self.stage.grade(bundle, status=75)
        self.assertEqual((result["verdict"], result["score"]), ("infrastructure", None))
        self.assertIn("GLASSBOX_LABS", result["message"])


class Owner(Staged):
    def test_anothers_bundle(self):
        bundle = self.stage.bundle(self.stage.work())
        result = self.stage.grade(bundle, PLAIN, "--student=bob")
        self.assertEqual(result["violation"]["name"], "not-yours")
        result = self.stage.grade(bundle, PLAIN, "--seed=" + "0" * 64)
        self.assertEqual(result["violation"]["name"], "not-yours")

    def test_a_seed_of_ones_own_choice(self):
        bundle = self.stage.bundle(self.stage.work(), seed="1" * 64)
        self.stage.grade(bundle, PLAIN, status=64)

    def test_a_bundle_that_is_none(self):
        path = self.stage.new("bundle")
        path.write_bytes(b"no archive")
        result = self.stage.grade(path, PLAIN, "--student=ann")
        self.assertEqual((result["verdict"], result["score"]), ("submission-error", 0))


class Course(Staged):
    def course(self):
        folder = self.stage.folder / "course"
        (folder / "labs" / "9-tiny").mkdir(parents=True)
        (folder / "secret").write_text("a secret of more than sixteen bytes\n")
        (folder / "key").write_text("the key that results are sealed with\n")
        (folder / "roster.csv").write_text('name,id\n"Lovelace, Ada",ann\nBob,bob\n')
        (folder / "course.toml").write_text('name = "C"\nsecret_file = "secret"\nroster = "roster.csv"\n'
                                            'key_file = "key"\ndue = 2027-01-31T23:59:00Z\n')
        (folder / "labs" / "9-tiny" / "lab.toml").write_text(
            '[[fact]]\nid = "total"\npoints = 5\n[[fact]]\nid = "secret"\nsentence = "s"\npoints = 3\n'
            'visibility = "hidden"\nquery = { none = "spec.fail", function = "hot", part = "calls" }\n')
        return folder

    def test_seeds_points_hidden_facts_and_the_seal(self):
        course = self.course()
        lines = self.stage.run("lab", "seed", 9, "--course", course).stdout.splitlines()
        seeds = dict(line.split("\t") for line in lines)
        self.assertEqual(sorted(seeds), ["ann", "bob"])
        self.assertNotEqual(seeds["ann"], seeds["bob"])
        work = self.stage.new("work")
        self.stage.run("lab", "start", 9, "--student=ann", "--seed", seeds["ann"], "--to", work, "--with",
                       tiny.TINY / "reference")
        bundle = self.stage.bundle(work)
        result = self.stage.grade(bundle, PLAIN, "--course", course)
        self.assertEqual(result["verdict"], "pass", result["message"])
        self.assertEqual(result["points"], 4 + 36 + 1 + 3)
        self.assertEqual(tiny.facts(result)["secret"], "pass")
        self.assertRegex(result["seal"], "^hmac-sha256:[0-9a-f]{64}$")
        again = self.stage.grade(bundle, PLAIN, env={"GLASSBOX_COURSE": str(course)})
        self.assertEqual(tiny.judgement(result), tiny.judgement(again))
        self.assertNotEqual(self.stage.grade(bundle, PLAIN, "--course", course, "--student=bob")["violation"], None)

    def test_what_is_wrong_with_a_course_is_said(self):
        course = self.course()
        (course / "secret").write_text("short\n")
        done = self.stage.run("lab", "seed", 9, "--course", course, status=64)
        self.assertIn("too short for a secret", done.stderr)


class Author(Staged):
    """What is wrong with a lab is said when it is opened, with its place."""

    def wrong(self, old, new, message, name="lab.toml"):
        path = self.stage.labs / "9-tiny" / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))
        done = self.stage.run("lab", "start", 9, "--to", self.stage.new("work"), status=64)
        self.assertRegex(done.stderr, f"^glassbox: .*{message}")
        path.write_text(text)

    def test_each_mistake_has_a_sentence(self):
        self.wrong("points = 10", "point = 10", "fact 'specializes': it needs 'points'")
        self.wrong("points = 10", "points = 10\npint = 1", "fact 'specializes': there is no key 'pint'")
        self.wrong('id = "steady"', 'id = "specializes"', "there are two of this id")
        self.wrong('needs = ["specializes"]', 'needs = ["calls"]', "'steady' needs 'calls'")
        self.wrong('"spec.success", function', '"spec.succes", function', "no kind of event 'spec.succes'")
        self.wrong('least = 1, what', 'what', "'count' needs least, most or equals")
        self.wrong('run = "other"', 'run = "nowhere"', "there is no run 'nowhere'")
        self.wrong('frame+spec+mark', 'frame+spek', "'events' has no class 'spek'")
        self.wrong('memory = "256M"', 'memory = "lots"', "'memory' has to be a size")
        self.wrong('from = 60', 'from = 600', r"variant.calls\] needs")
        self.wrong('mechanisms = ["second"]', 'mechanisms = ["third"]', "no mechanism 'third'")
        self.wrong('fact = "specializes"', 'fact = "none"', "hints.toml: hint 1: there is no fact", "hints.toml")
        self.wrong('fact = "specializes"', 'fact = "none"', "no fact 'none'", "misconceptions.toml")
        self.wrong("number = 9", "number = 8", "says that it is lab 8")
        self.wrong("{{student}}", "{{nobody}}", "no such parameter", "task.md")


class Commands(Staged):
    def test_a_work_folder_is_never_written_over(self):
        work = self.stage.work()
        (work / "work.py").write_text("mine\n")
        done = self.stage.run("lab", "start", 9, "--student=ann", "--to", work)
        self.assertIn("already", done.stdout)
        self.stage.run("lab", "start", 9, "--student=bob", "--to", work, status=64)
        self.assertEqual((work / "work.py").read_text(), "mine\n")

    def test_a_work_folder_is_whole_or_not_at_all(self):
        (self.stage.labs / "9-tiny" / "start" / "answers.toml").write_text('a = "{{nobody}}"\n')
        folder = self.stage.new("work")
        self.stage.run("lab", "start", 9, "--to", folder, status=64)
        self.assertEqual([p.name for p in self.stage.folder.iterdir()], ["labs"])

    def test_variants_differ_and_are_stable(self):
        texts = set()
        for n in range(8):
            work = self.stage.work(student=f"s{n}")
            again = self.stage.work(student=f"s{n}")
            text = (work / "task.md").read_text()
            self.assertEqual(text, (again / "task.md").read_text())
            texts.add(re.sub("for s[0-9]", "", text))
        self.assertGreater(len(texts), 4)

    def test_the_report_is_for_a_newcomer(self):
        folder = self.stage.new("work")
        self.stage.run("lab", "start", 9, "--student=ann", "--to", folder)
        done = self.stage.run("lab", "check", 9, "--folder", folder, PLAIN, status=1)
        for words in ("FAIL   0/10  specializes", "expected  at least 1 specialized additions", "actual    0",
                      "glassbox lab hint 9 specializes", "1 more fact is judged when it is graded",
                      "partial: 2 of 5 facts hold"):
            self.assertIn(words, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_wrong_usage(self):
        for words in (["lab"], ["lab", "dance"], ["lab", "check"], ["lab", "check", "9", "--folder=/nowhere"],
                      ["grade"], ["grade", "x"], ["grade", "x", "--out", "y", "--seed=1"], ["lab", "start", "77"]):
            done = self.stage.run(*words, status=64)
            self.assertTrue(done.stderr.startswith("glassbox: "), done.stderr)

    def test_nothing_is_left(self):
        spare = self.stage.new("tmp")
        spare.mkdir()
        work = self.stage.work("import os\nif os.fork() == 0:\n    import time; time.sleep(30)\n" + GOOD)
        self.stage.env["TMPDIR"] = str(spare)
        self.stage.check(work, PLAIN)
        self.assertEqual(list(spare.iterdir()), [])

    def test_grading_fails_closed_below_its_level(self):
        bundle = self.stage.bundle(self.stage.work())
        result = self.stage.grade(bundle, PLAIN, env={"PYTHON": "/bin/true"}, status=75)
        self.assertEqual((result["verdict"], result["score"]), ("infrastructure", None))
        self.assertTrue(json.dumps(result["message"]))


if __name__ == "__main__":
    unittest.main()
