"""What `glassbox gradebook` makes of results for the programs of others: its files against the schemas of those.

    scripts/run-interp gil tests/labs/test_formats.py

The corpus has a result for each verdict, visibility and amount shown, and everything that a learner could have
written into it is hostile (results.NASTY).  JSON is checked by the package jsonschema against tests/labs/schemas,
JUnit by xmllint, TAP by Perl's own parser.  The table of verdicts is written down here a second time, from the design,
and not read from the program.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(os.environ["GLASSBOX_ROOT"])
HERE = ROOT / "tests" / "labs"
SCHEMAS = HERE / "schemas"
sys.path.insert(0, str(HERE))

import results
from gradebooks import Folder, gradebook, make_course, run
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
BEFORE, AFTER = "2026-11-21", "2026-12-01"
LIMITS = ("limit:cpu", "limit:wall", "limit:memory", "limit:output", "limit:procs", "limit:disk")
FULL = ("pass", "flaky")


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
        facts.append(fact("subject", verdict, 20, **texts, **more))
    facts.append(fact("other", verdict if broken else "fail", 10, expected="OTHER", actual="OTHER"))
    predictions.append(
        prediction("fate", "wrong", 5, 5, "a-miss-is-an-error") if not broken else prediction("fate", "none", 5)
    )
    more = {"message": "MESSAGE " + results.NASTY}
    whole = {"witness": {"on": True}, "grader": "0.1", "build": "gil", "graded_at": "2026-11-21T20:00:00Z"}
    more["host"] = whole | {"runs": {"main": {"attempts": 3 if verdict == "flaky" else 1}}}
    if verdict in LIMITS:
        more["limit"] = {"kind": verdict[6:], "text": "CAUSE " + results.NASTY}
    if verdict == "violation":
        more["violation"] = {"name": "forged-record", "text": "CAUSE " + results.NASTY}
    return result(student, facts, explanations, predictions, **more)


def check_json(schema, value):
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text())).validate(value)


CASES = list(itertools.product(results.VERDICTS, results.SEEN, results.SHOW))


def name_of(verdict, seen, show):
    return f"{verdict.replace(':', '.')}_{seen}_{show}"


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
        check_json(schema, value)

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

    def test_the_results_are_of_the_form_that_grading_writes(self):
        for case in CASES:
            self.check("result", corpus_result(*case))

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
    "result": [{}, {"format": "glassbox-result 1", "verdict": "excellent"}],
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

    def test_why_there_is_no_score_is_the_instructors_to_know(self):
        path = results.write(self.results, result("ann", [fact("loads", "infrastructure")], message="/srv/x is full"))
        done = run("gradebook", "--format", "gradescope", path)
        self.assertEqual((done.returncode, "/srv/x" in done.stdout), (75, False))
        self.assertEqual(done.stderr, f"glassbox: '{path}' has no score: /srv/x is full\n")

    def test_attempts_are_those_of_the_run_that_was_made_again(self):
        whole = result("ann", [fact("loads", "flaky")])
        for runs, attempts in (
            ({"main": {"attempts": 1}, "slow": {"attempts": 3}}, "3"),
            ({"a": {"attempts": 2}, "b": {"attempts": 3}}, "more than one"),
            ({}, "more than one"),
        ):
            whole["host"]["runs"] = runs
            self.assertIn(f"  attempts: {attempts}\n", gradebook("--format", "tap", results.write(self.results, whole)))

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


# ---------------------------------------- results that were really graded


@unittest.skipIf(MISSING, MISSING)
class Real(Folder):
    """Lab 1, solved and failed in each way that its author has: what grading writes is what the gradebook believes."""

    def judged(self, case):
        folder = self.at / case.name
        made = run("lab", "start", "1", "--student", case.name, "--to", folder, "--with", case)
        self.assertEqual(made.returncode, 0, made.stderr)
        done = run("lab", "check", "1", "--folder", folder, "--format=json", "--no-witness")
        if done.returncode == 2 and re.search("no sandbox: |sandbox's level", done.stderr):
            raise unittest.SkipTest(f"cannot run here: {done.stderr.strip()}")
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def test_graded_work_has_its_score_and_its_files(self):
        tests = HERE / "1-sites"
        cases = [tests / "reference", *sorted((tests / "must-fail").iterdir())]
        self.assertGreater(len(cases), 5)
        wholes = [self.judged(case) for case in cases]
        for whole in wholes:
            check_json("result", whole)
        self.write(*wholes)
        told = json.loads(gradebook("--json", self.results))
        scores = {one["student"]: one["score"] for one in told["students"]}
        self.assertEqual(told["graded"], len(cases), told["students"])
        self.assertEqual(scores, {whole["student"]: whole["score"] for whole in wholes})
        self.assertEqual(max(scores, key=scores.get), "reference")
        for name in ("gradescope", "exercism-2", "exercism-3", "classroom50", "prairielearn"):
            gradebook("--format", name, "--out", self.at / name, self.results)
            for case in cases:
                check_json(name.split("-")[0], json.loads((self.at / name / case.name / FORMATS[name]).read_text()))
        gradebook("--format", "junit", "--out", self.at / "junit", self.results)
        paths = sorted((self.at / "junit").glob("*/junit.xml"))
        self.assertEqual(len(paths), len(cases))
        done = run("--noout", "--nonet", "--schema", SCHEMAS / "junit.xsd", *paths, program="xmllint")
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
