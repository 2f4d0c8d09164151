"""Rows of the bench: what grading costs. Submissions a minute, and the witness's part.

All submissions are the reference solution of lab 1, made for as many students: each is another program, since what a lab
asks for differs by student. What is timed is the whole `glassbox grade --batch`, processes, journal and table included.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import time

from harness import BUILD, GLASSBOX, ROOT, Failure, Options, Row, Unpinned, environment, in_turn, live, run

sys.path.append(str(ROOT / "tests" / "labs"))


class Class:
    """So many students' solutions of lab 1, and their list."""

    def __init__(self, folder: pathlib.Path, count: int) -> None:
        import solutions
        self.folder, self.count = folder, count
        self.folder.mkdir(mode=0o755, parents=True)
        lab = solutions.Lab(ROOT / "labs" / "1-sites")
        made = []
        for number in range(count):
            live(f"bench: labs: solution {number + 1} of {count}")
            student = f"s{number:03d}"
            work = solutions.start(lab, folder / "work" / student, student, lab.reference)
            made.append(f"{student}\t{solutions.bundle(lab, work, folder / f'{student}.glassbox.tar.gz')}\n")
        self.listed = folder / "list"
        self.listed.write_text("".join(made))

    def grade(self, jobs: int, *more: str, count: int | None = None) -> float:
        """Seconds that it takes to grade them, each of which has to pass but for what is a person's to judge."""
        count = count or self.count
        listed, out = self.folder / f"list-{count}", self.folder / "out"
        listed.write_text("".join(self.listed.read_text().splitlines(keepends=True)[:count]))
        shutil.rmtree(out, ignore_errors=True)
        live(f"bench: labs: {count} submissions, {jobs} at a time {' '.join(more)}")
        began = time.perf_counter()
        run([GLASSBOX, "grade", "--batch", listed, "--out", out, "-j", jobs, *more], env=plain(), timeout_s=1800)
        took = time.perf_counter() - began
        lines = (out / "table.csv").read_text().splitlines()[1:]
        wrong = [line for line in lines if line.split(",")[2] not in ("pass", "needs-human")]
        if wrong:
            raise Failure(f"{len(wrong)} of {count} reference solutions do not pass, the first: {wrong[0]}")
        return took


def plain() -> dict[str, str]:
    return {name: value for name, value in environment().items() if not name.startswith("GLASSBOX")}


def rows_batch(options: Options, solved: Class) -> list[Row]:
    """The same submissions on one core and on two; and how long two hundred take, which is what a tutor waits for."""
    rows = []
    part = solved.count if options.quick else 60
    each = {1: solved.grade(1, count=part)}            # the bench is pinned to one core
    with Unpinned():
        if (os.cpu_count() or 1) > 1:
            each[2] = solved.grade(2, count=part)
        whole = solved.grade(min(2, os.cpu_count() or 1))
    for cores, took in each.items():
        rows.append(Row(f"labs: submissions a minute, {cores} core{'s' * (cores > 1)}",
                        f"`glassbox grade --batch -j {cores}`, {part} solutions of lab 1, sandbox and witness on",
                        part / took * 60, unit="a minute", beside=f"{took / part * 1e3 * cores:.0f} ms of a core each"))
    rows.append(Row(f"labs: {solved.count} submissions of lab 1", "the whole batch, two at a time", whole, unit="s"))
    return rows


def row_witness(options: Options, solved: Class) -> Row:
    part = solved.count if options.quick else 20
    series = in_turn({"on": lambda: solved.grade(1, count=part), "off": lambda: solved.grade(1, "--no-witness", count=part)},
                     2 if options.quick else 5, "the witness")
    more = (series.best("on") - series.best("off")) / part * 1e3
    return Row("labs: the witness", f"{part} solutions of lab 1, one core, graded with / without the witness",
               series.ratio("on", "off"), *series.spread("on", "off"), beside=f"{more:.0f} ms a submission")


def rows_labs(options: Options) -> list[Row]:
    folder = BUILD / "labs"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        solved = Class(folder, 4 if options.quick else 200)
        return [*rows_batch(options, solved), row_witness(options, solved)]
    except (RuntimeError, subprocess.CalledProcessError) as why:
        raise Failure(str(why).splitlines()[0]) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
