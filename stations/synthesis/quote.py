"""Puts this machine's measurements and answers into the guide of the synthesis: quote.py

The guide marks what comes from a run with comments that a reader does not see: a number, by `<!-- surprise: NAME -->`
after it; the answer to a program, between `<!-- why: NAME -->` and `<!-- end of why -->` (`, whole` has the columns,
too); the table of the programs, and the one of what is named. `stations/regenerate` calls this, and tests/synthesis
compares the answers.
"""
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout

import page
from programs import HERE, ROOT, CannotRun, Program, programs

ROUNDS = 6  # of runs, to say how much slower a program is
GUIDE = HERE / "README.md"
NUMBER = re.compile(r"([\d.,]+)<!-- surprise: ([^>]+?) -->")
ANSWER = re.compile(r"(<!-- why: (\w+)(, whole)? -->\n).*?(<!-- end of why -->)", re.DOTALL)
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
CONFUSION = re.compile(r"(<!-- confusion -->\n).*?(<!-- end of confusion -->)", re.DOTALL)


def fenced(text: str) -> str:
    return "```\n" + text.strip("\n") + "\n```\n"


def answer(program: Program, is_whole: bool) -> str:
    """What `glassbox why` prints for it; without columns and functions, when it is not to be whole."""
    path = program.path.relative_to(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        command = [ROOT / "glassbox", "why", f"--python={program.python()}", f"--output={folder}/{program.name}", path]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        text = done.stdout.replace(f"{folder}/", "").replace(f"{ROOT}/", "")
    if is_whole:
        return text[text.index("The program took"):]
    rest = text[text.index("\n\n", text.index("\ncolumn ")):]
    faults = re.sub(r"\n\nMost of the time.*?(?=\n\n)", "", rest, flags=re.DOTALL)
    return re.split(r"\n(?:Tools that look deeper|Verdict: )", faults)[0]


def row(program: Program, slower: dict[str, float]) -> str:
    times = f"{slower[program.name]:.1f}" if program.name in slower else ""
    return f"| `{program.name}` | {program.column} | {program.fault} | {times} | {program.seen_by} |"


def table(faulty: list[Program], slower: dict[str, float]) -> str:
    head = "| program | column | fault | slower | it shows by |\n| --- | --- | --- | --- | --- |\n"
    return head + "\n".join(row(program, slower) for program in faulty) + "\n"


def confusion(everything: list[Program]) -> str:
    """The page's own table, of all programs."""
    answers = page.all_answers([each for each in everything if each.kind != "mended"])
    text = io.StringIO()
    with redirect_stdout(text):
        page.show_confusion(answers)
    return fenced(text.getvalue().partition("named\n\n")[2])


def surprises() -> dict[str, float]:
    python = ROOT / "cpython/build/gil/python"
    done = subprocess.run([python, "-I", HERE / "surprises.py"], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def filled(text: str) -> str:
    """The guide with all that is measured measured anew. What cannot run here stays as it is."""
    everything = list(programs())
    faulty = {each.name: each for each in everything if each.kind == "faulty"}
    ratios, slower = surprises(), page.slowness(everything, ROUNDS)

    def number(match: re.Match[str]) -> str:
        ratio = ratios[match[2]]
        return f"{ratio:.{1 if ratio < 10 else 0}f}<!-- surprise: {match[2]} -->"

    def block(match: re.Match[str]) -> str:
        page.progress(f"why: {match[2]}")
        try:
            return match[1] + fenced(answer(faulty[match[2]], bool(match[3]))) + match[4]
        except CannotRun:
            return match[0]

    def between(make: Callable[[], str]) -> Callable[[re.Match[str]], str]:
        return lambda match: match[1] + make() + match[2]

    text = ANSWER.sub(block, NUMBER.sub(number, text))
    text = TABLE.sub(between(lambda: table(list(faulty.values()), slower)), text)
    return CONFUSION.sub(between(lambda: confusion(everything)), text)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    GUIDE.write_text(filled(GUIDE.read_text()))
