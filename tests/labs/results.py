"""Results of labs that nobody handed in: for tests of what is made of results.

A result is built here field by field as `glassbox grade` would write it, sums and seal included, so that a test can
then make one thing of it wrong.  `course()` is a class of students who know more or less, drawn by a number that the
caller gives: the same each time.
"""

import hashlib
import hmac
import json
import math
import pathlib
import random

VERDICTS = (
    "pass",
    "partial",
    "fail",
    "submission-error",
    "prerequisite",
    "limit:cpu",
    "limit:wall",
    "limit:memory",
    "limit:output",
    "limit:procs",
    "limit:disk",
    "violation",
    "needs-human",
    "flaky",
    "infrastructure",
)
SEEN = ("visible", "after_due", "after_published", "hidden")
SHOW = ("full", "verdict")
RUBRIC = "sha256:" + "ab" * 32

# What a learner could make a program print, or put into an answer.
NASTY = (
    '<script>alert("x")</script> & \x1b[31mred\x1b[0m\r\nBail out! now\nok 9 - mine # SKIP no\n  ...\n'
    '{"scores": {"all": 100}}\n# TODO \\# \\\\ ]]> \x07\x7f\u0085\u202egnp.exe\ufffe\u2028 \'quoted\' "too" =1+1'
)


def fact(name, verdict="pass", points=20, score=None, **more):
    if score is None:
        score = {"pass": points, "flaky": points, "partial": points / 2}.get(verdict, 0)
    return {
        "id": name,
        "sentence": f"the fact {name} holds",
        "points": points,
        "score": score,
        "verdict": verdict,
        "visibility": "visible",
        "show": "full",
        "expected": None,
        "actual": None,
        "likely": None,
        "after": None,
    } | more


def explanation(name, verdict="pass", points=5, score=None, person=0, given=None, **more):
    if score is None:
        score = {"pass": points, "partial": points / 2, "needs-human": points}.get(verdict, 0)
    return {
        "id": name,
        "fact": None,
        "mechanism": "m1",
        "anchor": "Python/specialize.c#_Py_Specialize_BinaryOp",
        "events": [],
        "prose": "because it saw another type",
        "verdict": verdict,
        "points": points,
        "score": score,
        "person": person,
        "given": given,
    } | more


def prediction(name, outcome="right", points=2, confidence=3, misconception=None, **more):
    return {
        "id": name,
        "answer": "a",
        "confidence": confidence,
        "outcome": outcome,
        "misconception": misconception,
        "points": points,
        "score": points if outcome == "right" else 0,
    } | more


def overall(facts, score, points):
    """The most specific word for the whole."""
    words = [one["verdict"] for one in facts]
    for prefix in ("infrastructure", "violation", "limit:", "submission-error"):
        for word in words:
            if word.startswith(prefix):
                return word
    if all(word in ("pass", "flaky") for word in words):
        return "pass"
    return "partial" if score > 0 else "fail"


def result(student, facts, explanations=(), predictions=(), hints=(), verdict=None, key=None, lab=None, **more):
    facts, explanations, predictions, hints = list(facts), list(explanations), list(predictions), list(hints)
    points = sum(one["points"] + one.get("person", 0) for one in facts + explanations + predictions)
    score = sum(one["score"] for one in facts + explanations + predictions) - sum(one["cost"] for one in hints)
    verdict = verdict or overall(facts, score, points)
    score = None if verdict == "infrastructure" else 0 if verdict == "violation" else max(0, score)
    whole = {
        "format": "glassbox-result 1",
        "lab": {"number": 1, "name": "sites", "title": "A site that changes its mind", "rubric": RUBRIC} | (lab or {}),
        "student": student,
        "seed": "0123456789abcdef",
        "submission": "sha256:" + hashlib.sha256(student.encode()).hexdigest(),
        "verdict": verdict,
        "score": score,
        "points": points,
        "message": f"judged: {verdict}",
        "limit": None,
        "violation": None,
        "facts": facts,
        "explanations": explanations,
        "predictions": predictions,
        "hints": hints,
        "host": {"grader": "0.1", "build": "gil", "graded_at": "2026-11-21T20:00:00Z", "witness": {"on": True}},
    } | more
    if verdict.startswith("limit:") and whole["limit"] is None:
        whole["limit"] = {"kind": verdict[6:], "text": f"{verdict[6:]} 12.0 s of 10 s"}
    if verdict == "violation" and whole["violation"] is None:
        whole["violation"] = {"name": "forged-record", "text": "a record that no hook wrote"}
    return seal(whole, key) if key else whole


def seal(whole, key):
    """Put the course's seal on it, or another one in place of the one it has."""
    rest = {name: value for name, value in whole.items() if name != "seal"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return rest | {"seal": "hmac-sha256:" + hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()}


def write(folder, whole):
    """Where `glassbox grade --batch` puts it."""
    path = pathlib.Path(folder) / whole["student"]
    path.mkdir(parents=True, exist_ok=True)
    (path / "result.json").write_text(json.dumps(whole), encoding="utf-8")
    return path / "result.json"


ITEMS = (("loads", 10, -2.0), ("specializes", 20, -0.5), ("misses", 20, 0.3), ("anew", 20, 1.2), ("released", 15, 0.0))
WRONG = ("specialization-is-for-good", "a-miss-is-an-error", "except-clears-the-frame")


def one_student(student, draw, changes=None):
    able = draw.gauss(0, 1)
    loads = None
    facts, hints = [], []
    for name, points, hard in ITEMS:
        knows = draw.random() < 1 / (1 + math.exp(-2 * (able - hard)))
        verdict = "pass" if knows else draw.choice(("fail", "fail", "partial"))
        if knows and name == "released" and draw.random() < 0.03:
            verdict = "flaky"
        if changes and name in changes:
            verdict = changes[name]
        after = None
        if loads == "fail":
            verdict, after = "prerequisite", "loads"
        if name == "loads":
            verdict = "pass" if verdict == "partial" else verdict
            loads = verdict
        seen = "hidden" if name == "anew" else "visible"
        facts.append(
            fact(
                name,
                verdict,
                points,
                expected="1 miss",
                actual="0 misses" if verdict == "fail" else "1 miss",
                likely="the site saw one type alone",
                visibility=seen,
                after=after,
            )
        )
        if verdict != "prerequisite" and draw.random() < 0.25 * (1 - able / 3):
            rung = draw.randint(1, 3)
            hints.append({"fact": name, "rung": rung, "cost": 0 if rung < 3 else 1})
    right = draw.random() < 1 / (1 + math.exp(-able))
    guess = prediction(
        "fate.a", "right" if right else "wrong", 5, draw.randint(1, 5), None if right else draw.choice(WRONG)
    )
    why = explanation("why", draw.choice(("pass", "partial", "fail")), 5, person=5, fact="specializes")
    return result(student, facts, [why], [guess], hints)


def course(folder, students, number=1, changes=None):
    """So many results in a folder; the same for the same number.  `changes`: fact -> verdict, of each third student."""
    for i in range(students):
        draw = random.Random(number * 1_000_003 + i)
        write(folder, one_student(f"student{i:03d}", draw, changes if i % 3 == 0 else None))
