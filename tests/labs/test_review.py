"""`glassbox review`: a person reads explanations and gives points, a line at a time; what they say is kept beside the results.

The results are made by results.py. What is typed comes through a pipe, as a terminal would send it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import results

ROOT = pathlib.Path(os.environ.get("GLASSBOX_ROOT", pathlib.Path(__file__).resolve().parents[2]))
GLASSBOX = os.environ.get("GLASSBOX", str(ROOT / "glassbox"))

STUDENTS = (  # student, mechanism, line, prose
    ("ann", "counter", 10, "each miss takes one\nfrom the counter"),
    ("bob", "counter", 11, "it \x1b[31mcounts\x1b]0;owned\x07 \u202eeurt"),
    ("cyd", "watched", 12, "types are watched"),
    ("dan", "counter", 13, "because I say so"),
)


def explained(student, mechanism, line, prose, **more):
    right = mechanism == "counter"
    events = [{"ref": f"{kind}@work.py:{line}#1", "found": True, "fits": right} for kind in ("spec.miss", "spec.respecialize")]
    why = results.explanation("why-it-turned", "needs-human", 10, 10 if right else 0, person=5, mechanism=mechanism, prose=prose,
                              fact="turns", events=events, message="" if right else "these events do not show 'watched'")
    return results.result(student, [results.fact("turns")], [why], **more)


class Review(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="glassbox-review-")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name) / "results"
        for student in STUDENTS:
            results.write(self.folder, explained(*student))

    def run_it(self, *arguments, said="", status=0, command="review"):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GLASSBOX"))}
        done = subprocess.run([GLASSBOX, command, *arguments, str(self.folder)], input=said, env=clean, capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def say(self, *lines):
        return self.run_it("--reviewer=rae", said="".join(line + "\n" for line in lines))

    def lines(self):
        path = self.folder / "reviews.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def judged(self):
        """Who has how many points, by the last line about each."""
        last = {line["student"]: line["points"] for line in self.lines()}
        return {student: points for student, points in last.items() if points is not None}

    def test_one_is_shown_with_its_evidence_and_what_to_look_for(self):
        text = self.say("quit")
        for words in ("4 results, 4 explanations for a person in 2 groups; 4 wait", "lab 1, why-it-turned: group 1 of 2, 3 students",
                      "Look for:", "a guard compares the type", "ann (1 of 3)", "spec.miss@work.py:10#1", "there, and fits",
                      "10 of 10 points", "  | each miss takes one\n  | from the counter\n"):
            self.assertIn(words, text)
        self.assertNotIn("bob (", text)
        self.assertEqual(self.lines(), [])
        for line in text.splitlines()[:-1]:          # the last one names the file
            self.assertLessEqual(len(line), 80, line)

    def test_points_and_a_comment_are_written_at_once(self):
        self.say("3.5 Say which guard.")
        (line,) = self.lines()
        result = json.loads((self.folder / "ann" / "result.json").read_text())
        self.assertEqual({name: line[name] for name in ("student", "lab", "explanation", "points", "comment", "reviewer", "submission")},
                         {"student": "ann", "lab": 1, "explanation": "why-it-turned", "points": 3.5, "comment": "Say which guard.",
                          "reviewer": "rae", "submission": result["submission"]})

    def test_one_judgement_for_all_of_a_group_and_another_for_one_of_them(self):
        text = self.say("all 5 Right.", "go bob", "2 Not so.", "quit")
        self.assertIn("5 points for 3 explanations", text)
        self.assertEqual(self.judged(), {"ann": 5, "bob": 2, "dan": 5})
        self.assertEqual(len({line["evidence"] for line in self.lines()}), 1)

    def test_all_leaves_those_that_were_judged_before(self):
        self.say("1", "all 5", "quit")
        self.assertEqual(self.judged(), {"ann": 1, "bob": 5, "dan": 5})

    def test_undo_takes_back_what_one_line_did(self):
        text = self.say("2", "all 5", "undo", "undo", "undo", "quit")
        self.assertIn("taken back: 2 judgements", text)
        self.assertIn("taken back: 1 judgement\n", text)
        self.assertIn("nothing was judged since you began", text)
        self.assertEqual(self.judged(), {})

    def test_undo_gives_back_what_was_there_before(self):
        self.say("2 First.", "go ann", "5 Second.", "undo", "quit")
        self.assertEqual(self.judged(), {"ann": 2})
        self.assertEqual(self.lines()[-1]["comment"], "First.")

    def test_it_goes_on_where_it_stopped(self):
        self.say("5")
        self.assertIn("bob (2 of 3)", self.say("4"))
        text = self.say("3", "2")
        self.assertIn("dan (3 of 3)", text)
        self.assertIn("cyd (1 of 1)", text)
        self.assertIn("all are judged", text)
        self.assertEqual(self.judged(), {"ann": 5, "bob": 4, "dan": 3, "cyd": 2})
        self.assertIn("4 explanations for a person in 2 groups; 0 wait", self.say())
        self.assertIn("judged: 5 of 5", self.run_it("--all", said="quit\n"))

    def test_a_comment_is_used_again_by_its_number(self):
        text = self.say("3 Say which guard.", "comments", "4 #1", "1 #7", "quit")
        self.assertIn("#1  Say which guard.", text)
        self.assertIn("there is no comment #7", text)
        self.assertEqual([line["comment"] for line in self.lines()], ["Say which guard."] * 2)

    def test_what_is_no_judgement_changes_nothing(self):
        text = self.say("6", "-1", "nan", "inf", "five", "3x", "all", "all 9", "go nobody", "1e999", "?", "list", "quit")
        self.assertIn("points from 0 to 5", text)
        self.assertIn("nobody has no explanation", text)
        self.assertEqual(self.lines(), [])

    def test_moving_about(self):
        text = self.say("", "", "back", "group", "quit")
        shown = [line.split(" (")[0] for line in text.splitlines() if line.endswith(("of 3)", "of 1)"))]
        self.assertEqual(shown, ["ann", "bob", "dan", "bob", "cyd"])

    def test_what_a_learner_wrote_cannot_speak_to_the_terminal(self):
        text = self.say("", "quit")
        self.assertIn("  | it ?[31mcounts?]0;owned? ?eurt", text)
        for character in "\x1b\x07\u202e":
            self.assertNotIn(character, text)

    def test_prose_is_shown_as_written_or_wrapped_anew(self):
        long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen\nand on\n\nanew\n- item\n"
        results.write(self.folder, explained("ann", "counter", 10, "first:\n    indented\nlast"))
        results.write(self.folder, explained("bob", "counter", 11, long))
        text = self.say("", "quit")
        self.assertIn("  | first:\n  |     indented\n  | last\n", text)
        self.assertIn("thirteen\n    fourteen fifteen sixteen and on\n  | \n  | anew\n  | - item\n", text)

    def test_the_results_and_their_seals_stay_as_they_were(self):
        before = {path: path.read_bytes() for path in self.folder.glob("*/result.json")}
        self.say("5 Good.", "all 4", "0", "quit")
        self.assertEqual({path: path.read_bytes() for path in self.folder.glob("*/result.json")}, before)

    def test_the_gradebook_counts_what_was_said(self):
        def scores():
            book = json.loads(self.run_it("--json", command="gradebook"))
            return {one["student"]: (one["score"], one["waiting"]) for one in book["students"]}
        self.assertEqual(scores()["ann"], (30, 5))
        self.say("3", "all 5", "undo", "quit")
        self.assertEqual(scores(), {"ann": (33, 0), "bob": (30, 5), "cyd": (20, 5), "dan": (30, 5)})

    def test_a_judgement_of_another_submission_does_not_count(self):
        self.say("5")
        results.write(self.folder, explained(*STUDENTS[0], submission="sha256:" + "0" * 64))
        text = self.say("quit")
        self.assertIn("1 line of reviews.jsonl about something that is no longer here", text)
        self.assertIn("4 wait", text)

    def test_lines_that_are_none_are_passed_over(self):
        (self.folder / "reviews.jsonl").write_text('not json\n{"student": "ann"}\n[]\n{"student":"ann","explanation":"why-it-turned",'
                                                   '"submission":"sha256:0","points":99}\n')
        self.assertIn("4 wait", self.say("5", "quit").split("\n")[0])
        self.assertEqual(len((self.folder / "reviews.jsonl").read_text().splitlines()), 5)

    def test_what_needs_no_person_is_not_shown(self):
        results.write(self.folder, explained("eve", "counter", 14, "so", verdict="violation"))
        results.write(self.folder, results.result("fay", [results.fact("turns")],
                                                  [results.explanation("why-it-turned", "partial", 10, 5, person=5, given=0, prose="")]))
        (self.folder / "gus").mkdir()
        (self.folder / "gus" / "result.json").write_text("{")
        text = self.say("quit")
        self.assertIn("4 explanations for a person", text)
        self.assertIn("1 passed over, the first: ", text)

    def test_a_file_of_reviews_that_is_a_link_is_not_written_through(self):
        victim = self.folder.parent / "victim"
        victim.write_text("")
        (self.folder / "reviews.jsonl").symlink_to(victim)
        self.run_it(said="5\n", status=2)
        self.assertEqual(victim.read_text(), "")

    def test_a_folder_without_results(self):
        self.folder = self.folder / "ann" / "deeper"
        self.assertIn("cannot open", self.run_it(status=2))
        self.folder.mkdir()
        self.assertIn("there is no result in", self.run_it(status=2))

    def test_seals_are_asked_for_where_there_is_a_course(self):
        course = self.folder.parent / "course"
        course.mkdir()
        (course / "course.toml").write_text('name = "c"\nsecret_file = "secret"\nroster = "roster.csv"\nkey_file = "key"\n')
        (course / "secret").write_text("s" * 40)
        (course / "key").write_text("k" * 40)
        (course / "roster.csv").write_text("id,name\nann,Ann\n")
        results.write(self.folder, explained(*STUDENTS[0], key="k" * 40))
        text = self.run_it(f"--course={course}", said="quit\n")
        self.assertIn("1 result, 1 explanation for a person in 1 group; 1 waits", text)
        self.assertIn("3 passed over", text)


if __name__ == "__main__":
    unittest.main()
