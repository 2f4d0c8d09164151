"""Ask `glassbox why` about a program, and compare its answer with what the manifest says.

It must not print, and must not decide what counts as a fault: `glassbox why` does.
"""
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from programs import COLUMNS, ROOT, CannotRun, Program

TIMEOUT_S = 120
NONE = "none"


class Broken(Exception):
    """`glassbox why` gave no answer that can be read."""


@dataclass(frozen=True)
class Verdict:
    """One fault that it names."""

    column: str
    file: str
    line: int
    share: float
    text: str


@dataclass(frozen=True)
class Judgement:
    """What it said of a program, and whether that is right. `missing`: why it could not be asked."""

    program: Program
    verdicts: tuple[Verdict, ...] = ()
    wall_s: float | None = None
    is_recorded: bool = False
    missing: str = ""
    answer: dict = field(default_factory=dict, repr=False)

    @property
    def named(self) -> str:
        """The column that it names first."""
        return self.verdicts[0].column if self.verdicts else NONE

    @property
    def expected(self) -> str:
        return self.program.column or NONE

    @property
    def wrong(self) -> str:
        """What is wrong with the answer; empty when it is right."""
        if self.missing:
            return ""
        if self.named != self.expected:
            at = f" at {self.place}" if self.verdicts else ""
            return f"it names {self.named}{at}, and should name {self.expected}"
        if self.verdicts and not self.is_at_marked_line():
            places = " or ".join(f"{file.name}:{line}" for file, line in sorted(self.program.lines))
            return f"it names {self.place}, and should name {places}"
        return ""

    @property
    def place(self) -> str:
        return f"{Path(self.verdicts[0].file).name}:{self.verdicts[0].line}"

    def is_at_marked_line(self) -> bool:
        first = self.verdicts[0]
        if self.is_recorded:  # in another checkout
            return (Path(first.file).name, first.line) in {(file.name, line) for file, line in self.program.lines}
        return (Path(first.file), first.line) in self.program.lines


def verdict_of(item: dict) -> Verdict:
    """One of the answer's verdicts; Broken when it names no column."""
    verdict = Verdict(item["column"], item["file"], item["line"], item["share"], item["sentence"])
    if verdict.column not in COLUMNS:
        raise Broken(f"it names a column that is none: '{verdict.column}'")
    return verdict


def ask(arguments: list[str | Path], python: Path | None) -> dict:
    """The answer of `glassbox why --json`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON"}
    if python is not None:
        environment["PYTHON"] = str(python)
    with tempfile.TemporaryDirectory() as folder:
        command = [ROOT / "glassbox", "why", "--json", f"--output={folder}/why", *arguments]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, cwd=folder,
                timeout=TIMEOUT_S, check=False,
            )
        except subprocess.TimeoutExpired:
            raise Broken(f"it has not answered within {TIMEOUT_S} s") from None
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Broken(f"it ends with status {done.returncode}: {last}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise Broken(f"its answer is no JSON: {error}") from None


def judge(program: Program) -> Judgement:
    """Ask about a program, or about a recording of it where it cannot run; Broken when there is no answer."""
    recorded = False
    try:
        python = program.python()
        answer = ask([program.path], python)
    except CannotRun as missing:
        if not program.recording.exists():
            return Judgement(program, missing=str(missing))
        recorded = True
        answer = ask(["--trace", program.recording], None)
    try:
        verdicts = tuple(verdict_of(item) for item in answer["verdicts"])
        return Judgement(program, verdicts, answer["wall_s"], recorded, answer=answer)
    except (KeyError, TypeError) as error:
        raise Broken(f"its answer has not what it must have: {error}") from None
