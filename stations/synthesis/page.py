"""The page of the synthesis: `glassbox why` on each of its programs, and how often it is right.

Usage: page.py [--format terminal|json] [--twins] [NAME...]    PREDICT=1: it asks you first.
Ends with 0 when every answer is right, 1 when one is wrong, 2 when there is none, and 3 when those are right that could
be asked for. In CI (CI=true) all have to be, but where there is no GPU.
"""
import argparse
import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time

from judge import NONE, Broken, Judgement, judge
from programs import COLUMNS, HERE, NO_DEVICE, ROOT, CannotRun, Program, Unfit, programs, run

PASS, FAIL, BROKEN, PARTIAL, USAGE = 0, 1, 2, 3, 64
WIDTH = 80
SHOWN = "megamorphic"  # the program whose whole answer is shown
IS_TERMINAL = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def put(text: str = "", style: str = "") -> None:
    print(f"\033[{style}m{text}\033[0m" if style and IS_TERMINAL else text, flush=True)


def paragraph(text: str) -> None:
    put(textwrap.fill(text, WIDTH - 2, initial_indent="  ", subsequent_indent="  "))


def heading(text: str) -> None:
    put()
    put(text, "1")
    put()


def counted(programs: int) -> str:
    return "1 program" if programs == 1 else f"{programs} programs"


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# ------------------------------------------------------------------ asking the learner


def prediction(program: Program) -> str:
    """The column that the learner expects; empty when there is no answer."""
    put(f"  {program.path.relative_to(ROOT)}")
    for line in program.path.read_text().splitlines():
        put(f"    {line.partition('  # fault:')[0]}", "2")
    names = ", ".join(COLUMNS)
    while True:
        try:
            answer = input(f"  Which column costs most? ({names}; or nothing) ").strip()
        except EOFError:
            return ""
        if not answer or answer in COLUMNS:
            return answer
        put(f"  '{answer}' is none of them.")


# ------------------------------------------------------------------ what is printed


def show_model() -> None:
    put("Synthesis: which column is it?", "1")
    put()
    paragraph("source -> AST -> bytecode -> eval loop -> C function -> system call")
    put()
    for column, question in COLUMNS.items():
        put(f"  {column:8}{question}")


def show_one(program: Program) -> None:
    """The whole answer to one program, as the command prints it."""
    path = program.path.relative_to(ROOT)
    heading(f"Run: ./glassbox why {path}")
    (ROOT / "build/synthesis").mkdir(parents=True, exist_ok=True)
    command = [ROOT / "glassbox", "why", f"--output=build/synthesis/{program.name}", path]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    put(done.stdout.rstrip())


def row(judged: Judgement, slower: float | None, guess: str) -> None:
    program = judged.program
    if judged.missing:
        put(f"  {'skip':5}{judged.expected:8}{program.path.name:24}{'':14}{program.fault}", "1;33")
        put(f"  {'':13}{judged.missing}")
        return
    saves = f"{max(0.0, 1 - 1 / slower) * 100:.0f} %" if slower else ""
    share = f"{judged.verdicts[0].share * 100:.0f} %" if judged.verdicts else ""
    place = judged.place if judged.verdicts else ""
    label = "recorded: " if judged.is_recorded else ""
    put(f"  {'BAD' if judged.wrong else 'ok':5}{judged.named:8}{place:24}{share:>5}{saves:>7}  {label}{program.fault}",
        "1;31" if judged.wrong else "")
    if judged.wrong:
        put(f"  {'':13}{judged.wrong}")
    if guess:
        put(f"  {'':13}you said {guess}" + ("" if guess == judged.expected else f", and it is {judged.expected}"))


def show_rows(answers: list[Judgement], slower: dict[str, float], guesses: dict[str, str]) -> None:
    faulty = [each for each in answers if each.program.kind == "faulty"]
    heading(f"Explain: {counted(len(faulty))}, each with one fault")
    put(f"  {'':5}{'names':8}{'at':24}{'share':>5}{'saves':>7}  what it is", "2")
    for each in faulty:
        row(each, slower.get(each.program.name), guesses.get(each.program.name, ""))
    put()
    paragraph("share: of the program's own time, as it is judged. saves: how much less time the same program takes"
              " with the fault mended, measured just now.")
    others = [each for each in answers if each.program.kind != "faulty"]
    for each in others:
        if each.wrong:
            put(f"  {'BAD':5}{each.program.kind}/{each.program.path.name}: {each.wrong}", "1;31")
        if each.missing and each.program.kind == "clean":
            put(f"  {'skip':5}{each.program.kind}/{each.program.path.name}: {each.missing}", "1;33")


def show_confusion(answers: list[Judgement]) -> None:
    """Rows: what is the matter. Columns: what is named first."""
    heading("What is the matter, and what is named")
    names = [*COLUMNS, NONE]
    put("  " + " " * 8 + "".join(f"{name:>{len(name) + 2}}" for name in names), "2")
    asked = [each for each in answers if not each.missing]
    for expected in names:
        of_it = [each.named for each in asked if each.expected == expected]
        cells = "".join(f"{of_it.count(name) or '.':>{len(name) + 2}}" for name in names)
        put(f"  {expected:8}{cells}")


def show_surprises() -> None:
    """What surprises.py measures, now and here."""
    heading("Surprises: so many times as long as the other way, measured just now")
    python = ROOT / "cpython/build/gil/python"
    done = subprocess.run(
        [python, "-I", HERE / "surprises.py"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        raise Broken(f"'surprises.py' ends with status {done.returncode}")
    for name, ratio in json.loads(done.stdout).items():
        put(f"  {name:40}{ratio:6.1f} x")


def show_counts(answers: list[Judgement], seconds: float) -> None:
    wrong = sum(bool(each.wrong) for each in answers)
    missing = sum(bool(each.missing) for each in answers)
    put()
    put(f"{counted(len(answers))}: {len(answers) - wrong - missing} right, {wrong} wrong, {missing} skipped,"
        f" in {seconds:.0f} s", "1")


def show_rest() -> None:
    heading("Go on")
    for line in (
        "less stations/synthesis/README.md     what each column is, and its surprises",
        "./glassbox why your_program.py        the same for a program of yours",
        "make synthesis PREDICT=1              it asks you first",
    ):
        put(f"  {line}")


# ------------------------------------------------------------------ the whole


def as_json(answers: list[Judgement], slower: dict[str, float], seconds: float) -> str:
    return json.dumps({
        "seconds": seconds,
        "programs": [
            {
                "name": each.program.name,
                "kind": each.program.kind,
                "expected": each.expected,
                "named": each.named,
                "place": each.place if each.verdicts else None,
                "share": each.verdicts[0].share if each.verdicts else None,
                "also": [f"{verdict.column} {verdict.file}:{verdict.line}" for verdict in each.verdicts[1:]],
                "slower": slower.get(each.program.name) if each.program.kind == "faulty" else None,
                "recorded": each.is_recorded,
                "missing": each.missing,
                "wrong": each.wrong,
            }
            for each in answers
        ],
    }, indent=1)


def slowness(chosen: list[Program], rounds: int = 2) -> dict[str, float]:
    """How many times as long as its mended twin a faulty program takes, by the best of some runs of each."""
    times: dict[str, dict[str, float]] = {}
    for program in chosen:
        if program.kind != "clean":
            progress(f"{program.kind}/{program.name}")
            with contextlib.suppress(CannotRun):
                python = program.python()
                runs = [each for each in (run(program, python) for _ in range(rounds)) if each.tells_time_of(program)]
                if runs:
                    times.setdefault(program.name, {})[program.kind] = min(each.cost_s(program) for each in runs)
    return {name: both["faulty"] / both["mended"] for name, both in times.items() if len(both) == 2}


def all_answers(chosen: list[Program]) -> list[Judgement]:
    answers = []
    for number, program in enumerate(chosen, 1):
        progress(f"{number} of {len(chosen)}: {program.kind}/{program.name}")
        answers.append(judge(program))
    progress("")
    return answers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=("terminal", "json"), default="terminal")
    parser.add_argument("--twins", action="store_true", help="ask about the mended programs, too")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these programs")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        everything = list(programs())
        chosen = [each for each in everything if not options.names or each.name in options.names]
        if not chosen:
            print(f"glassbox: there is no program '{options.names[0]}'", file=sys.stderr)
            return USAGE
        asks = os.environ.get("PREDICT", "0") not in ("", "0") and options.format == "terminal"
        if options.format == "terminal":
            show_model()
        guesses = {each.name: prediction(each) for each in chosen if asks and each.kind == "faulty"}
        if options.format == "terminal":
            for program in chosen:
                if program.name == SHOWN and program.kind == "faulty":
                    show_one(program)
        answers = all_answers([each for each in chosen if each.kind != "mended" or options.twins])
        slower = slowness(chosen)
    except (Broken, Unfit) as error:
        print(f"glassbox: {error}", file=sys.stderr)
        return BROKEN
    seconds = time.monotonic() - began
    if options.format == "json":
        put(as_json(answers, slower, seconds))
    else:
        show_rows(answers, slower, guesses)
        show_confusion(answers)
        if not options.names:
            show_surprises()
        show_counts(answers, seconds)
        show_rest()
    is_lacking = os.environ.get("CI") == "true" and any(each.missing not in ("", NO_DEVICE) for each in answers)
    if is_lacking or any(each.wrong for each in answers):
        return FAIL
    return PARTIAL if any(each.missing for each in answers) else PASS


if __name__ == "__main__":
    sys.exit(main())
