"""What `glassbox gradebook` makes of results: its files against the schemas of those who read them, and its figures.

    scripts/run-interp gil tests/labs/test_formats.py

The corpus has a result for each verdict, visibility and amount shown, and everything that a learner could have
written into it is hostile (results.NASTY).  JSON is checked by the package jsonschema against tests/labs/schemas,
JUnit by xmllint, TAP by Perl's own parser.  The table of verdicts is written down here a second time, from the design,
and not read from the program.
"""

import csv
import io
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(os.environ["GLASSBOX_ROOT"])
GLASSBOX = os.environ["GLASSBOX"]
HERE = ROOT / "tests" / "labs"
SCHEMAS = HERE / "schemas"
sys.path.insert(0, str(HERE))

import results
from results import explanation, fact, prediction, result


def packages():
    """The set of packages, or the reason why there is none: without a network it cannot be had."""
    done = subprocess.run(
        [ROOT / "scripts" / "packages", "jsonschema", "gil"], check=False, text=True, capture_output=True
    )
    if done.returncode != 0:
        if "see that there is a network" in done.stderr:
            raise unittest.SkipTest(f"cannot run here: {done.stderr.strip().splitlines()[-1]}")
        raise AssertionError(done.stderr)
    return next((ROOT / "build" / "packages" / "jsonschema-gil").glob("lib/python*/site-packages"))


MISSING = ""
try:
    sys.path.append(str(packages()))
    import jsonschema
except unittest.SkipTest as reason:
    MISSING = str(reason)

FORMATS = {
    "gradescope": "results.json",
    "exercism-2": "results.json",
    "exercism-3": "results.json",
    "classroom50": "result.json",
    "junit": "junit.xml",
    "tap": "result.tap",
    "prairielearn": "results.json",
    "autolab": "autoresult.txt",
}
KEY = "a key of more than sixteen bytes"
DUE = "2026-11-30T12:00:00Z"
BEFORE, AFTER = "2026-11-21", "2026-12-01"
LIMITS = ("limit:cpu", "limit:wall", "limit:memory", "limit:output", "limit:procs", "limit:disk")
FULL, LOST = ("pass", "flaky"), ("fail", "violation", *LIMITS)


def run(*arguments, program=GLASSBOX, text=None, **more):
    """What a program says, to the byte: no line end is translated."""
    done = subprocess.run(
        [program, *map(str, arguments)],
        check=False,
        capture_output=True,
        input=None if text is None else text.encode(),
        **more,
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def gradebook(*arguments, status=0):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name
        not in (
            "GLASSBOX_COURSE",
            "CLASSROOM",
            "ASSIGNMENT",
            "ASSIGNMENT_TYPE",
            "OWNER",
            "USERNAME",
            "SUBMISSION_TAG",
            "COMMIT_URL",
            "RELEASE_URL",
            "REVIEW_URL",
        )
    }
    done = run("gradebook", *arguments, env=environment, timeout=60)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {arguments}\n{done.stderr}{done.stdout[:2000]}")
    return done.stdout


def make_course(folder, published=False, key=False, roster=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    text = [f'name = "internals-26"\ndue = {DUE}\npublished = {str(published).lower()}\n']
    (folder / "secret").write_text("a secret that nobody knows\n")
    if key:
        (folder / "key").write_text(KEY + "\n")
        text.append('key_file = "key"\n')
    if roster:
        (folder / "roster.csv").write_text("id,name\n" + "".join(f"{one},{name}\n" for one, name in roster))
        text.append('roster = "roster.csv"\n')
    (folder / "course.toml").write_text("".join(text))
    return folder


def corpus_result(verdict, seen, show):
    """One result: `before` passes, `subject` has the verdict, `after` hangs on it; all texts are hostile."""
    student = f"{verdict.replace(':', '.')}_{seen}_{show}"
    texts = {
        "expected": "EXPECTED " + results.NASTY,
        "actual": "ACTUAL " + results.NASTY,
        "likely": "LIKELY " + results.NASTY,
        "sentence": "SENTENCE " + results.NASTY,
        "visibility": seen,
        "show": show,
    }
    broken = verdict in ("submission-error", "violation")
    facts = [fact("before", verdict if broken else "pass", 10)]
    explanations, predictions = [], []
    if verdict == "needs-human":
        facts.append(fact("subject", "pass", 20, **texts))
        explanations.append(explanation("subject", "needs-human", 5, person=5, fact="subject", prose=results.NASTY))
    else:
        more = {"after": "before"} if verdict == "prerequisite" else {}
        facts.append(fact("subject", verdict, 20, attempts=3 if verdict == "flaky" else None, **texts, **more))
    facts.append(fact("other", verdict if broken else "fail", 10, expected="OTHER", actual="OTHER"))
    predictions.append(
        prediction("fate", "wrong", 5, 5, "a-miss-is-an-error") if not broken else prediction("fate", "none", 5)
    )
    more = {"message": "MESSAGE " + results.NASTY}
    if verdict in LIMITS:
        more["limit"] = {"kind": verdict[6:], "text": "CAUSE " + results.NASTY}
    if verdict == "violation":
        more["violation"] = {"name": "forged-record", "text": "CAUSE " + results.NASTY}
    return result(student, facts, explanations, predictions, **more)


CASES = list(itertools.product(results.VERDICTS, results.SEEN, results.SHOW))


def name_of(verdict, seen, show):
    return f"{verdict.replace(':', '.')}_{seen}_{show}"


class Folder(unittest.TestCase):
    """A folder of results, for each test."""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.at = pathlib.Path(self.place.name)
        self.results = self.at / "results"
        self.results.mkdir()

    def write(self, *all_results):
        for one in all_results:
            results.write(self.results, one)
        return self.results


# ---------------------------------------- files of the corpus


@unittest.skipIf(MISSING, MISSING)
class Corpus(unittest.TestCase):
    """Every verdict, visibility and amount shown, in each format, at three moments."""

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.at = pathlib.Path(cls.place.name)
        for case in CASES:
            results.write(cls.at / "results", corpus_result(*case))
        make_course(cls.at / "course")
        make_course(cls.at / "open", published=True)
        cls.moments = {"before": ("course", BEFORE), "after": ("course", AFTER), "published": ("open", BEFORE)}
        cls.files = {}
        for (moment, (course, now)), (name, file) in itertools.product(cls.moments.items(), FORMATS.items()):
            out = cls.at / "out" / moment / name
            out.parent.mkdir(parents=True, exist_ok=True)
            tells = name in ("gradescope", "classroom50", "autolab")
            gradebook(
                "--format",
                name,
                "--out",
                out,
                "--course",
                cls.at / course,
                "--now",
                now,
                cls.at / "results",
                status=75 if tells else 0,
            )
            for case in CASES:
                path = out / name_of(*case) / file
                cls.files[moment, name, case] = path.read_text(encoding="utf-8") if path.exists() else None

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def every(self, name):
        for moment, case in itertools.product(self.moments, CASES):
            self.now = (moment, case)
            yield moment, case, self.files[moment, name, case]

    now = None

    def _formatMessage(self, message, standard):
        return f"{self.now}: {super()._formatMessage(message, standard)}"

    def in_sight(self, moment, seen):
        return (
            seen == "visible"
            or (seen == "after_due" and moment != "before")
            or (seen == "after_published" and moment == "published")
        )

    def check(self, schema, value):
        jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text())).validate(value)

    # --- what must hold in all of them

    def test_no_file_has_a_character_that_steers_a_terminal_or_that_xml_forbids(self):
        for key, text in self.files.items():
            bad = re.findall(
                "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", text or ""
            )
            self.assertEqual(bad, [], key)

    def test_what_is_not_to_be_seen_is_in_no_file_but_what_a_format_hides_itself(self):
        for (moment, name, (_verdict, seen, _show)), text in self.files.items():
            if text is not None and name != "gradescope" and not self.in_sight(moment, seen):
                self.assertNotRegex(text, r"SENTENCE|EXPECTED|ACTUAL|LIKELY|subject", (moment, name, seen))

    def test_hidden_facts_have_no_details_in_any_format(self):
        for (moment, name, (_verdict, seen, _show)), text in self.files.items():
            if seen == "hidden" and text is not None:
                self.assertNotRegex(text, "EXPECTED|ACTUAL|LIKELY", (moment, name))

    def test_a_fact_that_shows_its_verdict_alone_has_no_expected_and_no_actual(self):
        for (moment, name, (_verdict, _seen, show)), text in self.files.items():
            if show == "verdict" and text is not None:
                self.assertNotRegex(text, "EXPECTED|ACTUAL|LIKELY", (moment, name))

    def test_a_failed_fact_in_sight_shows_expected_and_actual_in_every_format(self):
        for name in FORMATS:
            for moment in self.moments:
                for seen in ("visible", "after_due", "after_published"):
                    text = self.files[moment, name, ("fail", seen, "full")]
                    shown = name == "gradescope" or self.in_sight(moment, seen)
                    self.assertEqual("EXPECTED" in text and "ACTUAL" in text, shown, (name, moment, seen))

    def test_infrastructure_has_no_score_anywhere(self):
        for (moment, name, case), text in self.files.items():
            if case[0] == "infrastructure" and FORMATS[name] == "results.json":
                self.assertFalse({"score", "max_score", "points"} & set(json.loads(text)), (moment, name))
                self.assertEqual(json.loads(text).get("tests", []), [], (moment, name))
            if name == "junit" and case[0] == "infrastructure":
                self.assertNotIn("<property", text)
            if case[0] == "infrastructure" and name in ("classroom50", "autolab"):
                self.assertIsNone(text)

    def test_all_other_results_have_a_file(self):
        for (moment, name, case), text in self.files.items():
            self.assertTrue(text or case[0] == "infrastructure", (moment, name, case))

    def test_texts_of_learners_are_shown_as_they_are_written(self):
        """Escaped for the format, and nothing more: read back, an escape sequence is spelled out."""
        case = ("fail", "visible", "full")
        texts = [json.loads(self.files["before", name, case]) for name in ("gradescope", "exercism-3", "prairielearn")]
        outputs = [texts[0]["tests"][1]["output"], texts[1]["tests"][1]["message"], texts[2]["tests"][1]["message"]]
        tree = xml.etree.ElementTree.fromstring(self.files["before", "junit", case])
        outputs.append(tree.findall("testcase")[1].find("failure").get("message"))
        for text in outputs:
            self.assertIn('ACTUAL <script>alert("x")</script> & \\x1b[31mred\\x1b[0m\nBail out! now', text)
            self.assertIn("\\u202egnp.exe\\ufffe\\u2028 'quoted' \"too\" =1+1", text)

    # --- Gradescope

    def test_gradescope(self):
        for _moment, (verdict, seen, _show), text in self.every("gradescope"):
            whole = json.loads(text)
            self.check("gradescope", whole)
            if verdict == "infrastructure":
                self.assertNotIn("score", whole)
                self.assertNotIn("tests", whole)
                self.assertTrue(whole["output"])
                continue
            tests = {test["name"].split(":")[0]: test for test in whole["tests"]}
            it = tests["subject"]
            words = {
                "visible": "visible",
                "after_due": "after_due_date",
                "after_published": "after_published",
                "hidden": "hidden",
            }
            self.assertEqual(it["visibility"], words[seen])
            if verdict == "needs-human":
                waits = tests["explain.subject.person"]
                self.assertEqual(waits["visibility"], "hidden" if seen == "hidden" else "after_published")
                self.assertFalse({"score", "max_score", "status"} & set(waits))
                continue
            self.assertEqual(it["status"], "passed" if verdict in FULL else "failed")
            self.assertEqual(it["max_score"], 20)
            self.assertEqual(it["score"], 20 if verdict in FULL else 10 if verdict == "partial" else 0)
            self.assertEqual("flaky" in it.get("tags", ()), verdict == "flaky")
            if verdict == "prerequisite" and seen != "hidden":
                self.assertEqual(it["output"], "not checked: 'before' failed first")
            if verdict == "submission-error":
                self.assertIn("MESSAGE", whole["output"])
            self.assertEqual(whole["score"], sum(test.get("score", 0) for test in whole["tests"]))

    # --- Exercism

    def test_exercism(self):
        for version in (2, 3):
            for moment, (verdict, seen, _show), text in self.every(f"exercism-{version}"):
                whole = json.loads(text)
                self.check("exercism", whole)
                self.assertEqual(whole["version"], version)
                if verdict in ("infrastructure", "submission-error"):
                    self.assertEqual(whole["status"], "error")
                    self.assertTrue(whole["message"])
                    continue
                self.assertEqual(whole["status"], "fail")  # `other` fails in all of them
                tests = {test["test_code"]: test for test in whole["tests"]}
                self.assertNotIn("explain.subject.person", tests)
                if not self.in_sight(moment, seen):
                    self.assertNotIn("subject", tests)
                    self.assertEqual("hidden" in tests, seen == "hidden")
                    continue
                status = (
                    "pass" if verdict in (*FULL, "needs-human") else "error" if verdict == "prerequisite" else "fail"
                )
                self.assertEqual(tests["subject"]["status"], status)
                self.assertEqual(tests["subject"].get("task_id"), 2 if version == 3 else None)
                if verdict == "prerequisite":
                    self.assertEqual(tests["subject"]["message"], "not checked: 'before' failed first")
                self.assertEqual("not at each attempt" in tests["subject"].get("message", ""), verdict == "flaky")

    # --- Classroom 50

    def test_classroom50(self):
        for moment, (verdict, seen, _show), text in self.every("classroom50"):
            if verdict == "infrastructure":
                continue
            whole = json.loads(text)
            self.check("classroom50", whole)
            self.assertNotRegex(text, "<|>")
            self.assertEqual(whole["classroom"], "internals-26")
            self.assertEqual(whole["max-score"], sum(test["max-score"] for test in whole["tests"]))
            self.assertEqual(whole["score"], sum(test["score"] for test in whole["tests"]))
            tests = {test["test-name"]: test for test in whole["tests"]}
            self.assertNotIn("explain.subject.person", tests)
            for test in tests.values():
                self.assertLessEqual(test["score"], test["max-score"])
                self.assertEqual(test["passed"], test["score"] == test["max-score"])
            if self.in_sight(moment, seen):
                full = verdict in (*FULL, "needs-human")
                self.assertIs(tests["subject"]["passed"], full)
                self.assertEqual(tests["subject"]["score"], 20 if full else 10 if verdict == "partial" else 0)

    # --- JUnit

    def test_junit(self):
        for moment in self.moments:
            paths = sorted((self.at / "out" / moment / "junit").glob("*/junit.xml"))
            self.assertEqual(len(paths), len(CASES))
            done = run("--noout", "--nonet", "--schema", SCHEMAS / "junit.xsd", *paths, program="xmllint")
            self.assertEqual(done.returncode, 0, done.stderr[:2000])
        words = {
            "pass": None,
            "partial": "failure",
            "fail": "failure",
            "prerequisite": "skipped",
            "flaky": "flakyFailure",
            "needs-human": None,
            "violation": "failure",
        } | dict.fromkeys(LIMITS, "failure")
        for moment, (verdict, seen, _show), text in self.every("junit"):
            suite = xml.etree.ElementTree.fromstring(text)
            cases = {case.get("name").split(":")[0]: case for case in suite.findall("testcase")}
            counts = {kind: len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")}
            self.assertEqual(len(cases), int(suite.get("tests")))
            self.assertEqual(
                [counts["failure"], counts["error"], counts["skipped"]],
                [int(suite.get(kind)) for kind in ("failures", "errors", "skipped")],
            )
            if verdict == "infrastructure":
                self.assertEqual([case.find("error").get("type") for case in cases.values()], ["infrastructure"])
            elif verdict == "submission-error":
                facts = [cases[name] for name in ("before", "subject", "other") if name in cases]
                outcomes = [child.tag for case in facts for child in case]
                self.assertEqual(outcomes, ["failure"] + ["skipped"] * (len(outcomes) - 1))
                self.assertIn("MESSAGE", cases["before"].find("failure").get("message"))
            elif self.in_sight(moment, seen):
                outcomes = [child.tag for child in cases["subject"]]
                self.assertEqual(outcomes, [words[verdict]] if words[verdict] else [])
                properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
                self.assertEqual(properties.get("score.subject"), "10 of 20" if verdict == "partial" else None)
                if verdict == "needs-human":
                    self.assertEqual([child.tag for child in cases["explain.subject.person"]], ["skipped"])
                if verdict in LIMITS:
                    self.assertEqual(cases["subject"].find("failure").get("type"), verdict)

    # --- TAP

    def test_tap(self):
        for moment in self.moments:
            folder = self.at / "out" / moment / "tap"
            done = run(HERE / "tap_to_json.pl", *sorted(folder.glob("*/result.tap")), program="perl")
            self.assertEqual(done.returncode, 0, done.stderr[:2000])
            read = {pathlib.Path(path).parent.name: document for path, document in json.loads(done.stdout).items()}
            self.assertEqual(len(read), len(CASES))
            for verdict, seen, show in CASES:
                with self.subTest(moment=moment, verdict=verdict, seen=seen, show=show):
                    self.check_tap(read[name_of(verdict, seen, show)], verdict, seen, show, moment)

    def check_tap(self, document, verdict, seen, show, moment):
        self.assertEqual(document["version"], "14")
        if verdict == "infrastructure":
            self.assertEqual((len(document["bails"]), document["tests"]), (1, []))
            return
        self.assertEqual((document["errors"], document["bails"]), ([], []))
        self.assertEqual(document["plan"], f"1..{len(document['tests'])}")
        tests = {test["description"].removeprefix("- ").split(":")[0]: test for test in document["tests"]}
        if verdict == "submission-error":
            seen_facts = [tests[name] for name in ("before", "subject", "other") if name in tests]
            self.assertEqual([test["ok"] for test in seen_facts], [False] + [True] * (len(seen_facts) - 1))
            self.assertEqual([test["directive"] for test in seen_facts], [""] + ["SKIP"] * (len(seen_facts) - 1))
            return
        if verdict == "needs-human" and self.in_sight(moment, seen):
            waits = tests["explain.subject.person"]
            self.assertEqual((waits["ok"], waits["directive"]), (False, "TODO"))
            return
        if not self.in_sight(moment, seen):
            self.assertNotIn("subject", tests)
            return
        it = tests["subject"]
        self.assertEqual(it["directive"], "SKIP" if verdict == "prerequisite" else "")
        self.assertEqual(it["ok"], verdict in (*FULL, "prerequisite"))
        self.assertIn("Bail out! now ok 9 - mine", it["description"].replace("\\", ""))
        if verdict == "prerequisite":
            self.assertEqual(it["reason"], "not checked: 'before' failed first")
        if verdict == "flaky":
            self.assertEqual(it["yaml"]["attempts"], "3")
        if verdict == "fail" and show == "full":
            self.assertIn('ACTUAL <script>alert("x")</script>', it["yaml"]["message"])
        if verdict == "partial":
            self.assertEqual((it["yaml"]["score"], it["yaml"]["points"]), ("10", "20"))

    # --- PrairieLearn

    def test_prairielearn(self):
        for moment, (verdict, seen, _show), text in self.every("prairielearn"):
            whole = json.loads(text)
            self.check("prairielearn", whole)
            self.assertLess(len(text), 1_000_000)
            self.assertIs(whole["gradable"], verdict not in ("infrastructure", "submission-error"))
            if verdict == "submission-error":
                self.assertIn("MESSAGE", whole["format_errors"][0])
            if not whole["gradable"]:
                continue
            earned, most = (sum(test[name] for test in whole["tests"]) for name in ("points", "max_points"))
            self.assertAlmostEqual(whole["score"], earned / most, 3)
            tests = {test["name"]: test for test in whole["tests"]}
            if not self.in_sight(moment, seen):
                self.assertNotIn("subject", tests)
                continue
            if verdict == "needs-human":
                self.assertEqual(tests["explain.subject.person"]["max_points"], 0)
                self.assertIn("manual", tests["explain.subject.person"]["message"])
            full = verdict in (*FULL, "needs-human")
            self.assertEqual(tests["subject"]["points"], 20 if full else 10 if verdict == "partial" else 0)
            self.assertEqual(
                bool(tests["subject"].get("message")),
                verdict not in ("pass", "needs-human") and (verdict != "fail" or _show == "full"),
            )

    # --- Autolab

    def test_autolab(self):
        for moment, (verdict, seen, _show), text in self.every("autolab"):
            if verdict == "infrastructure":
                continue
            *feedback, stages, autoresult = text.removesuffix("\n").split("\n")
            self.check("autolab", [json.loads(stages), json.loads(autoresult)])
            self.assertTrue(all(line == "" or line.startswith("  ") for line in feedback), feedback)
            scores = json.loads(autoresult)["scores"]
            self.assertNotIn("explain.subject.person", scores)
            self.assertEqual(
                json.loads(stages)["Facts"]["before"]["passed"], verdict not in ("submission-error", "violation")
            )
            if self.in_sight(moment, seen):
                full = verdict in (*FULL, "needs-human")
                self.assertEqual(scores["subject"], 20 if full else 10 if verdict == "partial" else 0)
            else:
                self.assertNotIn("subject", scores)
                self.assertEqual("hidden" in scores, seen == "hidden")


BROKEN = {
    "gradescope": [
        {},
        {"score": "1"},
        {"tests": [{"name": "a"}]},
        {"score": 1, "tests": [{"status": "ok"}]},
        {"score": 1, "visibility": "later"},
        {"score": 1, "tests": [{"score": 1, "weight": 2}]},
    ],
    "exercism": [
        {"version": 2, "status": "error", "tests": []},
        {"version": 2, "status": "pass", "tests": []},
        {"version": 2, "status": "pass", "tests": [{"name": "a", "status": "fail", "test_code": "", "message": "m"}]},
        {"version": 2, "status": "fail", "tests": [{"name": "a", "status": "fail", "test_code": ""}]},
        {"version": 2, "status": "pass", "tests": [{"name": "a", "status": "pass", "test_code": "", "task_id": 1}]},
        {"version": 4, "status": "error", "message": "m"},
    ],
    "classroom50": [{}, {"schema": "classroom50/result/v2"}],
    "prairielearn": [
        {"gradable": True},
        {"gradable": True, "score": 1.5, "tests": []},
        {"gradable": False},
        {"gradable": False, "format_errors": ["x"], "score": 0},
        {"gradable": True, "score": 0, "tests": [{"name": "a", "points": 1}]},
    ],
    "autolab": [
        [],
        [{"scores": {}}],
        [{"_presentation": "semantic", "stages": ["Facts"], "Facts": {"_order": []}}, {"scores": {"a": "1"}}],
    ],
}


@unittest.skipIf(MISSING, MISSING)
class Schemas(unittest.TestCase):
    """A schema that accepts everything proves nothing: each refuses what its format would choke on."""

    def test_schemas_are_schemas_and_refuse(self):
        for name, broken in BROKEN.items():
            schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            self.assertIn("https://", schema["$comment"])
            for value in broken:
                with self.subTest(name=name, value=value), self.assertRaises(jsonschema.ValidationError):
                    jsonschema.Draft202012Validator(schema).validate(value)

    def test_the_schema_of_junit_refuses(self):
        for text in (
            "<testsuite/>",
            '<testsuite name="a" tests="x" failures="0" errors="0" skipped="0"/>',
            (
                '<testsuite name="a" tests="1" failures="0" errors="0" skipped="0"><testcase name="b" classname="c">'
                '<failure type="t" message="m"/><error type="t" message="m"/></testcase></testsuite>'
            ),
        ):
            done = run("--noout", "--nonet", "--schema", SCHEMAS / "junit.xsd", "-", program="xmllint", text=text)
            self.assertEqual(done.returncode, 3, text)

    def test_the_reader_of_tap_refuses(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ("TAP version 14\n1..2\nok 1\n", "TAP version 14\n1..1\nok 1\nwhat is this\n"):
                path = pathlib.Path(folder) / "a.tap"
                path.write_text(text)
                done = run(HERE / "tap_to_json.pl", path, program="perl")
                self.assertTrue(json.loads(done.stdout)[str(path)]["errors"], text)


# ---------------------------------------- one at a time


class OneFile(Folder):
    def test_one_result_goes_to_standard_output(self):
        path = results.write(self.results, result("ann", [fact("loads")]))
        self.assertEqual(json.loads(gradebook("--format", "gradescope", path))["score"], 20)
        self.assertEqual(
            json.loads(gradebook("--format", "autolab", self.results).splitlines()[-1]), {"scores": {"loads": 20}}
        )

    def test_many_results_need_a_place(self):
        self.write(result("ann", [fact("loads")]), result("bob", [fact("loads")]))
        gradebook("--format", "junit", self.results, status=64)

    def test_classroom_50_is_told_whose_it_is_by_its_runner(self):
        path = results.write(self.results, result("ann", [fact("loads")]))
        words = {
            "CLASSROOM": "cs",
            "ASSIGNMENT": "lab-one",
            "OWNER": "ann-on-the-host",
            "SUBMISSION_TAG": "submit/2026-abc",
            "COMMIT_URL": "https://example.org/c",
            "RELEASE_URL": "https://example.org/r",
        }
        whole = json.loads(run("gradebook", "--format", "classroom50", path, env=os.environ | words).stdout)
        self.assertEqual(
            [whole[name] for name in ("classroom", "assignment", "owner", "submission", "commit", "release", "review")],
            [
                "cs",
                "lab-one",
                "ann-on-the-host",
                "submit/2026-abc",
                "https://example.org/c",
                "https://example.org/r",
                "https://example.org/c",
            ],
        )

    def test_a_part_is_never_rounded_up_to_all(self):
        path = results.write(self.results, result("ann", [fact("loads", "partial", 10, 9.96)]))
        test = json.loads(gradebook("--format", "classroom50", path))["tests"][0]
        self.assertEqual((test["score"], test["max-score"], test["passed"]), (9, 10, False))
        self.assertLess(json.loads(gradebook("--format", "prairielearn", path))["score"], 1)

    def test_hints_are_taken_off_in_every_sum(self):
        path = results.write(
            self.results, result("ann", [fact("loads")], hints=[{"fact": "loads", "rung": 3, "cost": 2.5}])
        )
        self.assertEqual(json.loads(gradebook("--format", "gradescope", path))["score"], 17.5)
        self.assertEqual(json.loads(gradebook("--format", "prairielearn", path))["score"], 0.875)
        scores = json.loads(gradebook("--format", "autolab", path).splitlines()[-1])["scores"]
        self.assertEqual(sum(scores.values()), 17.5)

    def test_a_result_of_an_earlier_time_does_not_stand_for_one_that_is_missing(self):
        out = self.at / "out"
        self.write(result("ann", [fact("loads")]))
        gradebook("--format", "classroom50", "--out", out, self.results)
        self.assertTrue((out / "ann" / "result.json").exists())
        self.write(result("ann", [fact("loads", "infrastructure")]))
        gradebook("--format", "classroom50", "--out", out, self.results, status=75)
        self.assertFalse((out / "ann" / "result.json").exists())

    def test_nothing_but_its_files_is_left_behind(self):
        out = self.at / "out"
        self.write(result("ann", [fact("loads")]), result("bob", [fact("loads")]))
        for _ in range(2):
            gradebook("--format", "junit", "--out", out, self.results)
        self.assertEqual(
            sorted(str(path.relative_to(out)) for path in out.rglob("*")),
            ["ann", "ann/junit.xml", "bob", "bob/junit.xml"],
        )

    def test_what_cannot_be_written_is_said_in_one_sentence(self):
        self.write(result("ann", [fact("loads")]))
        (self.at / "file").write_text("")
        done = run("gradebook", "--format", "tap", "--out", self.at / "file" / "x", self.results)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"^glassbox: cannot make the folder '.*': Not a directory\n$")

    def test_the_same_input_gives_the_same_files(self):
        results.course(self.results, 12)
        texts = []
        for _ in range(2):
            texts.append(
                [gradebook("--format", "csv", self.results), gradebook("--json", self.results), gradebook(self.results)]
            )
        self.assertEqual(texts[0], texts[1])


# ---------------------------------------- hostile


def drop(*path):
    def change(whole):
        at = whole
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def put(value, *path):
    def change(whole):
        at = whole
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


CHANGES = [
    drop("format"),
    put("glassbox-result 2", "format"),
    drop("student"),
    put("bob", "student"),
    put("../ann", "student"),
    put("", "student"),
    put(".ann", "student"),
    put(7, "student"),
    drop("lab"),
    put(0, "lab", "number"),
    put("1", "lab", "number"),
    put("../x", "lab", "name"),
    drop("lab", "rubric"),
    drop("verdict"),
    put("excellent", "verdict"),
    put("pass", "verdict"),
    drop("score"),
    put(99, "score"),
    put(-1, "score"),
    put("40", "score"),
    put(True, "score"),
    put(None, "score"),
    drop("points"),
    put(1000, "points"),
    put(1e300, "points"),
    drop("facts"),
    put({}, "facts"),
    put([None], "facts"),
    drop("facts", 0, "id"),
    put("a b", "facts", 0, "id"),
    put("=cmd", "facts", 0, "id"),
    put("misses", "facts", 0, "id"),
    put("x" * 200, "facts", 0, "id"),
    drop("facts", 0, "sentence"),
    put("maybe", "facts", 0, "verdict"),
    put("needs-human", "facts", 0, "verdict"),
    put(30, "facts", 0, "score"),
    put(-5, "facts", 0, "score"),
    put(1e9, "facts", 0, "points"),
    put("visable", "facts", 0, "visibility"),
    drop("facts", 0, "visibility"),
    put("all", "facts", 0, "show"),
    drop("facts", 0, "show"),
    put(["x"], "facts", 0, "expected"),
    put("x" * 70000, "facts", 0, "actual"),
    put(-1, "facts", 0, "attempts"),
    drop("explanations"),
    put(5.5, "explanations", 0, "score"),
    put("who", "explanations", 0, "verdict"),
    put(6, "explanations", 0, "given"),
    drop("predictions"),
    put("perhaps", "predictions", 0, "outcome"),
    put(9, "predictions", 0, "confidence"),
    put("<b>", "predictions", 0, "misconception"),
    put(2, "predictions", 0, "score"),
    drop("hints"),
    put([{"fact": "nothing", "rung": 1, "cost": 0}], "hints"),
    put([{"fact": "loads", "rung": 0, "cost": 0}], "hints"),
    put([{"fact": "loads", "rung": 1, "cost": -3}], "hints"),
    put([{"fact": "loads", "rung": 1, "cost": 5}], "hints"),
    put({"name": "a b", "text": "x"}, "violation"),
    put("infrastructure", "facts", 1, "verdict"),
    put("violation", "verdict"),
]


def plain(student="ann"):
    return result(
        student,
        [fact("loads"), fact("misses", "fail")],
        [explanation("why", "pass", 5, person=5)],
        [prediction("fate", "wrong", 2, 4, "a-miss-is-an-error")],
    )


class Hostile(Folder):
    def why(self, student="ann", *arguments):
        whole = json.loads(gradebook("--json", *arguments, self.results, status=75))
        one = next(one for one in whole["students"] if one["student"] == student)
        self.assertEqual((one["verdict"], one["score"], whole["graded"]), ("infrastructure", None, 0))
        return one["why"]

    def test_the_unchanged_result_has_a_score(self):
        self.write(plain())
        self.assertEqual(json.loads(gradebook("--json", self.results))["students"][0]["score"], 25)

    def test_any_one_field_that_does_not_fit_takes_the_score_away(self):
        for number, change in enumerate(CHANGES):
            whole = plain()
            change(whole)
            with self.subTest(number=number):
                (self.results / "ann").mkdir(exist_ok=True)
                (self.results / "ann" / "result.json").write_text(json.dumps(whole))
                self.assertTrue(self.why())

    def test_broken_files_are_one_students_trouble(self):
        good = json.dumps(plain("x"))
        texts = {
            "empty": b"",
            "half": good[: len(good) // 2].encode(),
            "binary": bytes(range(256)),
            "latin": b'{"format": "\xe9"}',
            "list": b"[]",
            "number": b"7",
            "deep": b"[" * 100000,
            "nul": good.replace('"x"', '"x\\u0000y"').encode(),
            "twice": good.replace('"score":', '"score": 25, "score":', 1).encode(),
            "huge": b" " * (9 << 20) + good.encode(),
            "nan": good.replace('"score": 25', '"score": NaN').encode(),
        }
        for name, text in texts.items():
            (self.results / name).mkdir()
            (self.results / name / "result.json").write_bytes(text)
        (self.results / "gone").mkdir()
        (self.results / "folder" / "result.json").mkdir(parents=True)
        os.mkfifo(self.results / "gone" / "pipe")
        (self.results / "pipe").mkdir()
        os.mkfifo(self.results / "pipe" / "result.json")
        (self.results / "link").mkdir()
        os.symlink(results.write(self.at / "elsewhere", plain("link")), self.results / "link" / "result.json")
        os.symlink(self.at / "elsewhere", self.results / "linked")
        self.write(plain())
        whole = json.loads(gradebook("--json", self.results, status=75))
        self.assertEqual(whole["graded"], 1)
        self.assertEqual(
            sorted(one["student"] for one in whole["students"] if one["score"] is None),
            sorted([*texts, "gone", "folder", "pipe", "link"]),
        )

    def test_a_result_in_anothers_folder_is_nobodys(self):
        self.write(plain("bob"))
        os.rename(self.results / "bob", self.results / "ann")
        self.assertEqual(self.why(), "it is another student's result")

    def test_a_seal_is_asked_for_where_the_course_has_a_key(self):
        course = make_course(self.at / "course", key=True)
        self.write(plain())
        self.assertIn("seal", self.why("ann", "--course", course))
        self.write(results.seal(plain(), "another key of sixteen bytes"))
        self.assertIn("seal", self.why("ann", "--course", course))
        self.write(results.seal(plain(), KEY))
        self.assertEqual(json.loads(gradebook("--json", "--course", course, self.results))["graded"], 1)

    def test_no_changed_byte_of_a_sealed_result_changes_a_score(self):
        course = make_course(self.at / "course", key=True)
        draw = random.Random(7)
        originals = {}
        for number in range(300):
            name = f"s{number}"
            whole = results.seal(plain(name), KEY)
            text = bytearray(json.dumps(whole).encode())
            text[draw.randrange(len(text))] ^= 1 << draw.randrange(8)
            results.write(self.results, whole)
            (self.results / name / "result.json").write_bytes(text)
            originals[name] = (whole, bytes(text))
        told = json.loads(gradebook("--json", "--course", course, self.results, status=75))
        for one in told["students"]:
            whole, text = originals[one["student"]]
            if one["score"] is not None:
                self.assertEqual(json.loads(text), whole)
        self.assertLess(told["graded"], 30)

    def test_names_of_folders_are_not_taken_for_more(self):
        for name in ("=1+1", "-rf", "a b", "\x1b[31m", "ünï", "x" * 200):
            (self.results / name).mkdir()
        self.write(result("ann", [fact("loads")]))
        text = gradebook(self.results, status=75)
        self.assertNotIn("\x1b", text)
        table = gradebook("--format", "csv", self.results, status=75)
        self.assertTrue(all(not row[0].startswith(("=", "-")) for row in csv.reader(io.StringIO(table))))
        gradebook("--format", "gradescope", "--out", self.at / "out", self.results, status=75)
        self.assertNotIn("-rf", os.listdir(self.at / "out"))

    def test_results_of_two_labs_are_not_mixed(self):
        self.write(plain("ann"), result("bob", [fact("loads")], lab={"number": 2, "name": "lifetimes"}))
        gradebook(self.results, status=64)
        whole = json.loads(gradebook("--json", "--lab", "2", self.results, status=75))
        self.assertEqual([(one["student"], one["score"]) for one in whole["students"]], [("ann", None), ("bob", 20)])

    def test_nothing_there_is_said(self):
        done = run("gradebook", self.results)
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no result in", done.stderr)
        gradebook(self.at / "nowhere", status=2)
        gradebook(status=64)
        gradebook("--format", "word", self.results, status=64)
        gradebook("--now", "tomorrow", self.results, status=64)
        gradebook("--now", "2026-02-30", self.results, status=64)


# ---------------------------------------- the table


class Csv(Folder):
    def rows(self, *arguments, status=0):
        text = gradebook("--format", "csv", *arguments, self.results, status=status)
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def test_columns(self):
        whole = plain()
        whole["facts"][0]["visibility"] = "hidden"
        self.write(whole, result("bob", [fact("loads", "infrastructure")], message="no sandbox"))
        ann, bob = self.rows(status=75)
        self.assertEqual(
            list(ann),
            [
                "student",
                "name",
                "lab",
                "verdict",
                "score",
                "points",
                "percent",
                "waiting",
                "taken_off",
                "hints",
                "submission",
                "graded_at",
                "message",
                "fact.loads",
                "fact.misses",
                "explain.why",
                "predict.fate",
            ],
        )
        self.assertEqual(
            [
                ann[name]
                for name in ("student", "lab", "verdict", "score", "points", "percent", "waiting", "fact.loads")
            ],
            ["ann", "1-sites", "partial", "25", "52", "48.1", "5", "20"],
        )
        self.assertEqual(
            [bob[name] for name in ("verdict", "score", "points", "percent", "fact.loads", "message")],
            ["infrastructure", "", "", "", "", "no sandbox"],
        )

    def test_no_cell_is_a_formula(self):
        for number, start in enumerate(("=", "+", "-", "@", "\t=", "\r=", "\n@")):
            self.write(plain(f"s{number}") | {"message": start + "cmd|' /c calc'!A1"})
        text = gradebook("--format", "csv", self.results)
        for row in csv.reader(io.StringIO(text, newline="")):
            for cell in row:
                self.assertNotRegex(cell, r"^[=+\-@\t\r\n]")
        self.assertIn("\"'=cmd|' /c calc'!A1\"", text)

    def test_names_come_from_the_roster(self):
        course = make_course(self.at / "course", roster=[("ann", "Ann Ó Dálaigh"), ("zoe", "=Zoe")])
        self.write(plain())
        self.assertEqual(self.rows("--course", course)[0]["name"], "Ann Ó Dálaigh")
        told = json.loads(gradebook("--json", "--course", course, self.results))
        self.assertEqual(told["absent"], ["zoe"])

    def test_out_names_the_file(self):
        self.write(plain())
        self.assertEqual(gradebook("--format", "csv", "--out", self.at / "book.csv", self.results), "")
        self.assertIn("ann,", (self.at / "book.csv").read_text())


class Reviews(Folder):
    def review(self, points, **more):
        line = {
            "student": "ann",
            "lab": 1,
            "submission": plain()["submission"],
            "explanation": "why",
            "points": points,
            "comment": "well seen",
            "reviewer": "kim",
            "at": "2026-11-22T10:00:00Z",
            "evidence": "sha256:00",
        } | more
        with open(self.results / "reviews.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def told(self):
        whole = json.loads(gradebook("--json", self.results))
        return whole["students"][0]["score"], whole["students"][0]["waiting"], whole["reviews"]

    def test_points_of_a_person_come_on_top(self):
        self.write(plain())
        self.assertEqual(self.told()[:2], (25, 5))
        self.review(4)
        self.assertEqual(self.told()[:2], (29, 0))
        self.assertIn("well seen", gradebook("--format", "tap", self.results))

    def test_a_later_line_replaces_an_earlier_one_and_null_takes_it_back(self):
        self.write(plain())
        self.review(4)
        self.review(2)
        self.assertEqual(self.told()[:2], (27, 0))
        self.review(None)
        self.assertEqual(self.told()[:2], (25, 5))

    def test_what_does_not_fit_does_not_count(self):
        self.write(plain())
        self.review(6)
        self.review(-1)
        self.review(4, explanation="whatever")
        self.review("4")
        self.review(4, submission="sha256:" + "0" * 64)
        self.review(4, student="bob")
        self.review(4, lab=2)
        with open(self.results / "reviews.jsonl", "a", encoding="utf-8") as file:
            file.write('{"student": "ann", "poi')
        self.assertEqual(self.told(), (25, 5, {"counted": 0, "stale": 3, "broken": 5}))

    def test_points_that_stand_in_the_result_count_as_well(self):
        whole = plain()
        whole["explanations"][0]["given"] = 3
        self.write(whole)
        self.assertEqual(self.told()[:2], (28, 0))

    def test_who_wrote_nothing_waits_for_nobody(self):
        whole = plain()
        whole["explanations"][0]["prose"] = " \n"
        self.write(whole)
        self.assertEqual(self.told()[:2], (25, 0))


# ---------------------------------------- figures


class Figures(Folder):
    def test_figures_are_those_of_another_reckoning(self):
        results.course(self.results, 60)
        told = json.loads(gradebook("--json", self.results))["statistics"]
        wholes = [json.loads(path.read_text()) for path in sorted(self.results.glob("*/result.json"))]
        scores = [whole["score"] for whole in wholes]
        self.assertEqual((told["students"], told["points"], told["too_few"]), (60, 100, False))
        self.assertAlmostEqual(told["mean"], statistics.mean(scores), 2)
        self.assertAlmostEqual(told["median"], statistics.median(scores), 2)
        self.assertAlmostEqual(told["deviation"], statistics.stdev(scores), 2)
        self.assertEqual((told["least"], told["most"], sum(told["tenths"])), (min(scores), max(scores), 60))
        items = {(item["kind"], item["id"]): item for item in told["items"]}
        for number, (name, points, _hard) in enumerate(results.ITEMS):
            item = items["fact", name]
            earned = [whole["facts"][number]["score"] for whole in wholes]
            rest = [whole["score"] - one for whole, one in zip(wholes, earned)]
            self.assertAlmostEqual(item["difficulty"], sum(earned) / (60 * points), 3)
            self.assertAlmostEqual(item["discrimination"], statistics.correlation(earned, rest), 3)
            hinted = [
                max(hint["rung"] for hint in whole["hints"] if hint["fact"] == name)
                for whole in wholes
                if any(hint["fact"] == name for hint in whole["hints"])
            ]
            self.assertEqual(item["hinted"], len(hinted))
            self.assertAlmostEqual(item["mean_rung"], statistics.mean(hinted), 2)
            words = [whole["facts"][number]["verdict"] for whole in wholes]
            self.assertEqual((item["flaky"], item["judged"]), (words.count("flaky"), 60 - words.count("prerequisite")))
        wrong = [whole["predictions"][0] for whole in wholes if whole["predictions"][0]["misconception"]]
        for one in told["misconceptions"]:
            same = [guess for guess in wrong if guess["misconception"] == one["id"]]
            self.assertEqual(
                (one["students"], one["sure"]), (len(same), sum(guess["confidence"] >= 4 for guess in same))
            )
        self.assertEqual(sum(one["students"] for one in told["misconceptions"]), len(wrong))

    def test_one_and_two_students_are_said_to_be_too_few(self):
        for students in (1, 2):
            results.course(self.results, students)
            text = gradebook(self.results)
            self.assertRegex(text, r"tells: nothing yet, \d students? (is|are) too few \(at least 10\)")
            self.assertNotIn("nan", text)
            told = json.loads(gradebook("--json", self.results))["statistics"]
            self.assertTrue(told["too_few"])
            self.assertTrue(all(item["discrimination"] is None for item in told["items"]))

    def test_nobody_with_a_score_is_said(self):
        self.write(result("ann", [fact("loads", "infrastructure")]))
        self.assertIn("Nobody has a score that could be counted", gradebook(self.results, status=75))

    def test_all_alike_has_no_correlation(self):
        self.write(*(result(f"s{i}", [fact("loads"), fact("misses")]) for i in range(12)))
        told = json.loads(gradebook("--json", self.results))["statistics"]
        self.assertEqual([item["discrimination"] for item in told["items"]], [None, None])

    def test_a_fact_that_the_better_ones_lose_is_named(self):
        for i in range(20):
            good = i % 2 == 0
            self.write(
                result(
                    f"s{i:02d}",
                    [
                        fact("loads", "pass" if good else "fail"),
                        fact("misses", "pass" if good else "fail"),
                        fact("trap", "fail" if good else "pass"),
                    ],
                )
            )
        self.assertIn("look at 'trap': those who do well elsewhere lose it more often", gradebook(self.results))

    def test_violations_are_left_out_and_said(self):
        results.course(self.results, 12)
        before = json.loads(gradebook("--json", self.results))["statistics"]
        self.write(result("zoe", [fact(name, "violation", points) for name, points, _hard in results.ITEMS]))
        after = json.loads(gradebook("--json", self.results))["statistics"]
        self.assertEqual((after["violations"], after["items"]), (1, before["items"]))
        self.assertIn("1 with a violation is not in these figures", gradebook(self.results))

    def test_what_waits_for_a_person_is_no_zero(self):
        self.write(*(result(f"s{i:02d}", [fact("loads")], [explanation("why", "pass", 5, person=5)]) for i in range(3)))
        item = json.loads(gradebook("--json", self.results))["statistics"]["items"][1]
        self.assertEqual((item["difficulty"], item["points"], item["waiting"]), (1, 10, 3))

    def test_it_fits_a_terminal_of_80_columns(self):
        results.course(self.results, 40)
        self.write(result("s" * 60, [fact("loads", "infrastructure")], message="it would not begin " * 20))
        results.course(self.at / "old", 40, changes={"misses": "pass", "released": "fail"})
        for text in (
            gradebook(self.results, status=75),
            gradebook("--regrade", self.at / "old", self.results, status=75),
            gradebook("--help"),
        ):
            self.assertEqual([line for line in text.splitlines() if len(line) > 80 or line != line.rstrip()], [])


class Regrade(Folder):
    def test_who_went_up_and_who_went_down_and_why(self):
        old = self.at / "old"
        for i in range(20):
            results.write(
                old, result(f"s{i:02d}", [fact("loads", "pass", 27), fact("x", "fail" if i < 14 else "pass", 4)])
            )
            self.write(result(f"s{i:02d}", [fact("loads", "pass", 27), fact("x", "pass" if i < 18 else "fail", 4)]))
        text = gradebook("--regrade", old, self.results)
        self.assertEqual(text.splitlines()[0], "14 up, 2 down, 4 the same")
        self.assertIn("  s00 27 -> 31 (x 0 -> 4 (fail -> pass), verdict partial -> pass)\n", text)
        self.assertIn("  s19 31 -> 27 (x 4 -> 0 (pass -> fail), verdict pass -> partial)\n", text)
        self.assertNotIn("s15", text)
        self.assertRegex(text, r"\n  x +up  14 by +56   down   2 by +8\n")
        told = json.loads(gradebook("--json", "--regrade", old, self.results))["difference"]
        self.assertEqual((told["up"], told["down"], told["same"], len(told["students"])), (14, 2, 4, 16))
        self.assertEqual(
            told["students"][0]["reasons"],
            [{"kind": "fact", "id": "x", "old": 0, "new": 4, "old_verdict": "fail", "new_verdict": "pass"}],
        )

    def test_scores_that_came_and_went_are_no_ups_and_downs(self):
        old = self.at / "old"
        for name, before, now in (("ann", "pass", "infrastructure"), ("bob", "infrastructure", "pass")):
            results.write(old, result(name, [fact("x", before)]))
            self.write(result(name, [fact("x", now)]))
        results.write(old, plain("gone"))
        self.write(plain("late"))
        text = gradebook("--regrade", old, self.results, status=75)
        self.assertEqual(text.splitlines()[0], "0 up, 0 down, 0 the same, 1 got a score, 1 lost theirs, 1 new, 1 gone")
        self.assertIn("  ann 20 -> no score (judged: infrastructure)\n", text)

    def test_the_same_is_the_same(self):
        results.course(self.results, 5)
        self.assertEqual(gradebook("--regrade", self.results, self.results), "0 up, 0 down, 5 the same\n")

    def test_another_rubric_is_said(self):
        results.write(self.at / "old", plain() | {"lab": plain()["lab"] | {"rubric": "sha256:00"}})
        self.write(plain())
        self.assertIn("The rubric is another one.", gradebook("--regrade", self.at / "old", self.results))


if __name__ == "__main__":
    unittest.main()
