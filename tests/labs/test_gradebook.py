"""What `glassbox gradebook` believes of results, and what it says of a class: scores, items, differences, the table.

    scripts/run-interp gil tests/labs/test_gradebook.py

A result of which one thing does not fit has no score, whichever thing it is.  Figures are reckoned a second time here.
"""

import csv
import io
import json
import os
import pathlib
import random
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(os.environ["GLASSBOX_ROOT"]) / "tests" / "labs"))

import results
from gradebooks import KEY, Folder, gradebook, make_course, plain, run
from results import explanation, fact, result

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
    # words that do not go with the points, while every sum is right
    put("fail", "facts", 0, "verdict"),
    put("partial", "facts", 0, "verdict"),
    put("limit:cpu", "facts", 0, "verdict"),
    put("prerequisite", "facts", 0, "verdict"),
    put("pass", "facts", 1, "verdict"),
    put("flaky", "facts", 1, "verdict"),
    put("fail", "explanations", 0, "verdict"),
    put("right", "predictions", 0, "outcome"),
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

    def test_a_folder_whose_name_is_no_text_is_no_students(self):
        self.write(plain())
        os.makedirs(os.fsencode(self.results) + b"/\xff")
        done = run("gradebook", self.results)
        self.assertEqual(done.returncode, 2)
        self.assertIn("has a name that is no UTF-8", done.stderr)

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
        text = gradebook(self.results)
        self.assertIn("1 with a violation is not in these figures", text)
        self.assertIn("  zoe  forged-record: a record that no hook wrote\n", text)

    def test_what_waits_for_a_person_is_no_zero(self):
        self.write(*(result(f"s{i:02d}", [fact("loads")], [explanation("why", "pass", 5, person=5)]) for i in range(3)))
        item = json.loads(gradebook("--json", self.results))["statistics"]["items"][1]
        self.assertEqual((item["difficulty"], item["points"], item["waiting"]), (1, 10, 3))

    def test_it_fits_a_terminal_of_80_columns(self):
        results.course(self.results, 40)
        self.write(result("s" * 60, [fact("loads", "infrastructure")], message="it would not begin " * 20))
        results.course(self.at / "old", 40, changes={"misses": "pass", "released": "fail"})
        alike = self.at / "alike"
        for i in range(12):
            results.write(alike, result(f"s{i}", [fact("loads")]))
        for text in (
            gradebook(alike),
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

    def test_a_score_without_the_witness_is_said(self):
        self.write(plain("ann"), plain("bob") | {"host": {"witness": {"on": False}}}, plain("cem") | {"host": {}})
        self.assertIn("2 graded without the witness", gradebook(self.results))
        self.assertEqual(json.loads(gradebook("--json", self.results))["unwitnessed"], 2)

    def test_another_rubric_is_said(self):
        results.write(self.at / "old", plain() | {"lab": plain()["lab"] | {"rubric": "sha256:00"}})
        self.write(plain())
        self.assertIn("The rubric is another one.", gradebook("--regrade", self.at / "old", self.results))
