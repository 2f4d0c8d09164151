"""Test the synthesis: that its programs have the faults that they say, and that `glassbox why` names them.

Usage: check.py ROOT.  A line for each test, and the counts in the last.  What a fault is, is the affair of `glassbox
why`; what it should name, of the manifest.  Here the two are compared, and what the comparison rests on is tested:
that a fault costs something, that its twin gives the same result, and that no name or comment gives it away.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "stations/synthesis"))

from judge import NONE, Broken, Judgement, judge  # noqa: E402
from programs import COLUMNS, HERE, CannotRun, Program, Unfit, programs, run  # noqa: E402
from quote import ANSWER, GUIDE  # noqa: E402

WIDTH = 80
COSTS = 1.15  # so many times as long as its twin, at least, takes a program with a fault
PAIRS = 8  # of runs, at most
PARTIAL = 3


class Skip(Exception):
    """A test that this machine cannot run; says why."""


# ------------------------------------------------------------------ the manifest


GOOD = """
[faulty.megamorphic]
column = "spec"
fault = "a fault"
seen_by = "events"
"""


def refused(text: str) -> str:
    """Why a manifest is refused; empty when it is not."""
    try:
        list(programs(text))
    except Unfit as unfit:
        return str(unfit)
    return ""


def manifest_is_whole() -> None:
    known = {(each.kind, each.name) for each in programs()}
    files = {(file.parent.name, file.stem) for file in HERE.glob("programs/*/*.py")}
    modules = {(kind, name) for kind, name in files - known if any(name.startswith(f"{other}_") for _, other in known)}
    assert known == files - modules, f"in the manifest or on the disk alone: {sorted(known ^ (files - modules))}"
    named = {each.column for each in programs() if each.kind == "faulty"}
    assert named == set(COLUMNS), f"no program for {sorted(set(COLUMNS) - named)}"


def manifest_is_checked() -> None:
    assert not refused(GOOD), refused(GOOD)
    for change, told in (
        (('column = "spec"', 'column = "specs"'), "no column"),
        (('column = "spec"', ""), "no column"),
        (('fault = "a fault"', ""), "what its fault is"),
        (('seen_by = "events"', 'seen_by = ""'), "by what it is seen"),
        (('seen_by = "events"', 'seen_by = "events"\nlines = [1]'), "an unknown key 'lines'"),
        (('seen_by = "events"', 'seen_by = "events"\nbuild = "pypy"'), "no build of ours: 'pypy'"),
        (('seen_by = "events"', 'seen_by = "events"\nneeds = ["luck"]'), "unknown: 'luck'"),
        (("[faulty.", "[broken."), "an unknown table 'broken'"),
        (("megamorphic]", "megamorphic"), "is no TOML"),
    ):
        why = refused(GOOD.replace(*change))
        assert told in why, f"{change[1]}: '{why}'"


def clean_program_with_a_fault_is_refused() -> None:
    """A program without a marked line is no faulty one: in place of the faulty one there is its twin."""
    why = refused(GOOD.replace("megamorphic", '"../mended/megamorphic"'))
    assert "is marked as the fault" in why, why


# ------------------------------------------------------------------ the programs


def python_of(program: Program) -> Path:
    try:
        return program.python()
    except CannotRun as missing:
        raise Skip(str(missing)) from None


def twins_agree(faulty: Program, mended: Program) -> None:
    python = python_of(faulty)
    runs = [run(each, python) for each in (faulty, faulty, mended)]
    assert all(each.status == 0 for each in runs), runs[-1].out.decode()
    assert len({each.out for each in runs}) == 1, f"{runs[0].out} {runs[1].out} {runs[2].out}"
    assert runs[0].out, "it prints nothing"


def twins_agree_without_a_device(faulty: Program, mended: Program) -> None:
    """What needs a CUDA device is run on a processor, a few steps of it: so much can be seen anywhere."""
    python = ROOT / "build/packages/torch-gil/bin/python"
    if not python.exists():
        raise Skip(f"'{python.relative_to(ROOT)}' is not there: scripts/packages torch gil")
    outs = []
    for program in (faulty, mended):
        text = program.path.read_text().replace("'cuda'", "'cpu'").replace("STEPS = 3_000", "STEPS = 50")
        assert "'cpu'" in text and "STEPS = 50" in text, f"'{program.path}' cannot be changed"
        done = subprocess.run(
            [python, "-c", text], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stderr
        outs.append(done.stdout)
    assert outs[0] == outs[1] != "", f"{outs[0]} and {outs[1]}"


def runs_well(program: Program) -> None:
    python = python_of(program)
    first, second = run(program, python), run(program, python)
    assert first.status == second.status == 0, first.out.decode()
    assert first.out == second.out, "its output is not the same every time"


def fault_costs(faulty: Program, mended: Program) -> None:
    """The faulty one takes longer, whichever of the runs of each was the least disturbed."""
    python, best = python_of(faulty), {}
    for _ in range(PAIRS):
        for program in (faulty, mended):
            this = run(program, python)
            if this.tells_time_of(faulty):
                best[program.kind] = min(best.get(program.kind, this.cost_s(program)), this.cost_s(program))
        if len(best) == 2 and best["faulty"] > COSTS * best["mended"]:
            return
    if len(best) < 2:
        raise Skip("two processors were not free at once")
    raise AssertionError(f"{best['faulty']:.2f} s, and {best['mended']:.2f} s when it is mended")


# ------------------------------------------------------------------ what is said of them


def without_comments(source: Path, target: Path) -> None:
    """A copy with every comment and docstring made blank; lines stay where they are."""
    with tokenize.open(source) as file:
        lines = file.readlines()
    with source.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            row, column = token.start[0] - 1, token.start[1]
            if token.type == tokenize.COMMENT:
                lines[row] = lines[row][:column].rstrip() + "\n"
            elif token.type == tokenize.STRING and token.line.strip() == token.string:  # a docstring
                lines[row:token.end[0]] = [" " * column + "''\n"] + ["\n"] * (token.end[0] - token.start[0])
    target.write_text("".join(lines))


def nothing_gives_it_away(program: Program) -> None:
    """The same answer to a program of another name, without a word of explanation."""
    python_of(program)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "question.py")
        shutil.copytree(program.path.parent, folder, dirs_exist_ok=True)
        without_comments(program.path, path)
        lines = {(path if file == program.path else Path(folder, file.name), line) for file, line in program.lines}
        copy = Copy(**vars(replace(program, lines=frozenset(lines))))
        copy_path[copy.name] = path
        is_right(judged(copy))


copy_path: dict[str, Path] = {}


class Copy(Program):
    """A program that lies elsewhere."""

    @property
    def path(self) -> Path:
        return copy_path[self.name]


def judged(program: Program) -> Judgement:
    try:
        return judge(program)
    except Broken as broken:
        raise AssertionError(str(broken)) from None


def why_is_right(program: Program) -> None:
    answers[program] = judged(program)
    is_right(answers[program])


answers: dict[Program, Judgement] = {}


def is_right(answer: Judgement) -> None:
    if answer.missing:
        raise Skip(answer.missing)
    others = "".join(f"; also {each.column} {Path(each.file).name}:{each.line}" for each in answer.verdicts[1:])
    assert not answer.wrong, answer.wrong + others
    try:
        answer_is_whole(answer.answer)
    except KeyError as error:
        raise AssertionError(f"its answer has no {error}") from None


def answer_is_whole(answer: dict) -> None:
    """What a verdict must say besides column and line."""
    for item in answer["verdicts"]:
        assert item["evidence"], "without evidence"
        assert all(each["records"] > 0 for each in item["evidence"]), "evidence without a record"
        assert item["deeper"]["tool"], "no tool that looks deeper"
        assert item["sentence"], "without a word"
        assert 0 < item["share"] <= 1 and item["cost"] > 0, f"share {item['share']}, cost {item['cost']}"
    columns = [each["column"] for each in answer["columns"]]
    assert sorted(columns) == sorted(COLUMNS), f"columns {columns}"


# ------------------------------------------------------------------ the page


def page(*arguments: str, **settings: str) -> tuple[int, str]:
    command = [HERE / "run", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin", **settings},
        check=False,
    )
    return done.returncode, done.stdout


def page_fits() -> None:
    status, text = page("megamorphic", "gpu_sync")
    long = [line for line in text.splitlines() if len(line) > WIDTH]
    assert not long, f"{len(long)} lines are too long: {long[:3]}"
    assert status in (0, PARTIAL), f"it ends with status {status}"
    assert re.search(r"^2 programs: \d right, 0 wrong, \d skipped", text, re.MULTILINE), text


def page_counts() -> None:
    """The table has as many programs as were asked about, and each where it is named."""
    status, text = page("--format", "json", "--twins", "import_cost")
    answers = json.loads(text)["programs"]
    assert status == 0 and [each["named"] for each in answers] == ["import", "none"], text
    _, text = page("--twins", "import_cost")
    table = text[text.index("What is the matter"):].splitlines()
    cells = [line.split() for line in table if line.startswith("  ") and line.split()[0] in (*COLUMNS, NONE)]
    rows = {name: row for name, *row in cells}
    assert rows["import"][0] == "1" and rows["none"][-1] == "1", rows
    assert sum(int(cell) for row in rows.values() for cell in row if cell != ".") == 2, rows


def page_asks_first() -> None:
    """What the learner says is compared; here nobody is there to say anything."""
    status, text = page("import_cost", PREDICT="1")
    assert status == 0 and "Which column costs most?" in text and "fault:" not in text, text


def page_knows_its_programs() -> None:
    status, _ = page("no_such_program")
    assert status == 64, status


# ------------------------------------------------------------------ the guide


def guide_quotes(program: Program) -> None:
    """What the guide quotes of a program is what was named just now."""
    if program not in answers or answers[program].missing:
        raise Skip(answers[program].missing if program in answers else "no answer to compare with")
    quotes = {match[2]: match[0] for match in ANSWER.finditer(GUIDE.read_text())}
    named = re.search(r"column (\w+)\)\n +(\S+:\d+)", quotes[program.name])
    assert named, "it quotes no fault"
    now = answers[program]
    assert named.groups() == (now.named, now.place), f"it quotes {named[0]}, and now it is {now.named} {now.place}"


def guide_has_every_program() -> None:
    text = GUIDE.read_text()
    quoted = {match[2] for match in ANSWER.finditer(text)}
    faulty = {each.name: each for each in programs() if each.kind == "faulty"}
    left = [name for name in faulty if name not in quoted and f"`{name}.py`" not in text]
    assert not left, f"nothing on {', '.join(left)}"
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]+?) \|", text, re.MULTILINE)
    assert rows == [(each.name, each.column, each.fault) for each in faulty.values()], "its table is another"


# ------------------------------------------------------------------ all of them


def tests() -> Iterator[tuple[str, Callable[..., None], tuple]]:
    yield "the manifest has every program", manifest_is_whole, ()
    yield "the manifest is checked", manifest_is_checked, ()
    yield "a faulty program has a marked line", clean_program_with_a_fault_is_refused, ()
    everything = list(programs())
    pairs = [(each, twin) for each, twin in zip(everything, everything[1:], strict=False) if each.kind == "faulty"]
    for faulty, mended in pairs:
        yield f"{faulty.name}: its twin gives the same result", twins_agree, (faulty, mended)
        yield f"{faulty.name}: its fault costs something", fault_costs, (faulty, mended)
    for faulty, mended in pairs:
        if "cuda" in faulty.needs:
            yield f"{faulty.name}: the same on a processor", twins_agree_without_a_device, (faulty, mended)
    for program in everything:
        if program.kind == "clean":
            yield f"{program.name}: runs well", runs_well, (program,)
    for program in everything:
        what = f"names {program.column}" if program.column else "names nothing"
        yield f"{program.kind}/{program.name}: why {what}", why_is_right, (program,)
    for faulty, _ in pairs:
        yield f"{faulty.name}: nothing gives it away", nothing_gives_it_away, (faulty,)
    quoted = {match[2] for match in ANSWER.finditer(GUIDE.read_text())}
    for faulty, _ in pairs:
        if faulty.name in quoted:
            yield f"{faulty.name}: the guide quotes what is named", guide_quotes, (faulty,)
    yield "the guide has every program", guide_has_every_program, ()
    yield f"the page is {WIDTH} columns wide", page_fits, ()
    yield "the page's table counts every program", page_counts, ()
    yield "the page asks first", page_asks_first, ()
    yield "the page knows its programs", page_knows_its_programs, ()


def main() -> int:
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for name, test, arguments in tests():
        if len(sys.argv) > 2 and not re.search(sys.argv[2], name):
            continue
        outcome, why = "ok", ""
        try:
            test(*arguments)
        except Skip as skip:
            outcome, why = "skip", f": cannot run here: {skip}"
        except AssertionError as error:
            outcome, why = "FAIL", f": {error}"
        counts[outcome] += 1
        print(f"{outcome:4}  {name}{why}", flush=True)
    print("{ok} passed, {FAIL} failed, {skip} skipped".format(**counts))
    return 1 if counts["FAIL"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
