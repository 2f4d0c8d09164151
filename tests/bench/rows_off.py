"""Rows of the bench: what hooks cost that are compiled in and off, against the unpatched interpreter.

Wall time over pyperformance's programs and over our own, and instructions executed. The noise row
comes from the same rounds: the unpatched interpreter against itself.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re

from harness import (HERE, Failure, Options, Row, Unpinned, geometric_mean,
                     in_turn, live, python, quartiles, run, time_run)

PYPERFORMANCE = ("richards richards_super nbody deltablue json_dumps json_loads pickle go float chaos "
                 "fannkuch generators deepcopy hexiom logging nqueens pathlib pidigits raytrace "
                 "regex_compile regex_effbot spectral_norm telco coroutines "
                 "typing_runtime_protocols").split()
WANTED_NS = 0.2e9                          # a run repeats its program for about this long


def own_programs() -> list[str]:
    return sorted(path.stem for path in (HERE / "programs").glob("*.py"))


def timed(variant: str, words: list, reps: int) -> tuple[float, str]:
    """The best repetition of one program under one interpreter, and the digest of its result."""
    said = json.loads(run([python(variant), "-E", HERE / "run.py", *words, reps]).splitlines()[-1])
    return float(min(said["ns"])), said["digest"]


class Program:
    """One program under several interpreters, which have to compute the same."""

    def __init__(self, words: list, wanted_ns: float) -> None:
        self.words, self.name, self.digest = words, words[-1], None
        first, _digest = timed("stock", words, 1)
        self.reps = max(2, min(2000, int(wanted_ns / first)))

    def subject(self, variant: str):
        def measure() -> float:
            figure, digest = timed(variant, self.words, self.reps)
            if self.digest not in (None, digest):
                raise Failure(f"the program '{self.name}' computed different results on two interpreters")
            self.digest = digest
            return figure
        return measure


def wall(name: str, what: str, programs: list[list], options: Options,
         details: list) -> tuple[list[float], list[float], Row]:
    """Ratios of each program, gil / stock and stock / stock, and the row of their geometric mean."""
    ratios, same, rounds = [], [], []
    for number, words in enumerate(programs, 1):
        live(f"bench: {name}: {words[-1]}")
        program = Program(words, 0.02e9 if options.quick else WANTED_NS)
        series = in_turn({"stock": program.subject("stock"), "gil": program.subject("gil"),
                          "again": program.subject("stock")},
                         options.rounds, f"{name}, program {number} of {len(programs)}, {words[-1]}")
        ratios.append(series.ratio("gil", "stock"))
        same.append(series.ratio("again", "stock"))
        rounds.append([a / b for a, b in zip(series.of["gil"], series.of["stock"], strict=True)])
        low, high = series.spread("gil", "stock")
        details.append((words[-1], "pyperformance" if len(words) > 1 else "own", ratios[-1], low, high, same[-1]))
    low, high = quartiles([geometric_mean(list(turn)) for turn in zip(*rounds, strict=True)])
    mean = geometric_mean(ratios)
    return ratios, same, Row(name, what, mean, low, high, target="≤ 1.01", met=mean <= 1.01,
                             beside=f"programs from {min(ratios):.3f} to {max(ratios):.3f}")


def startup(options: Options) -> Row:
    """Start and end of an interpreter that does nothing: imports, compilation, finalization."""
    subjects = {v: (lambda v=v: time_run([python(v), "-E", "-c", "pass"])) for v in ("stock", "gil")}
    series = in_turn(subjects, options.rounds if options.quick else options.rounds * 3, "start and exit")
    ratio = series.ratio("gil", "stock")
    return Row("hooks off: start and exit", "`python -c pass`, gil / stock", ratio, *series.spread("gil", "stock"),
               beside=f"stock {series.best('stock') / 1e6:.1f} ms")


def rows_wall(options: Options, benchmarks: pathlib.Path | None, details: list) -> list[Row]:
    own = [[name] for name in own_programs()]
    theirs = []
    if benchmarks is not None:
        theirs = [["--pyperformance", benchmarks, name] for name in PYPERFORMANCE]
    if options.quick:
        own, theirs = own[:2], []
    rows, same = [], []
    if theirs:
        _ratios, noise, row = wall("hooks off: wall, pyperformance",
                                   f"{len(theirs)} programs, geometric mean, gil / stock", theirs, options, details)
        rows.append(row)
        same += noise
    _ratios, noise, row = wall("hooks off: wall, own programs",
                               f"{len(own)} programs, geometric mean, gil / stock", own, options, details)
    same += noise
    low, high = quartiles(same)
    rows = [Row("noise", f"stock against itself, {len(same)} programs, geometric mean; spread: over programs",
                geometric_mean(same), low, high), *rows, row, startup(options)]
    return rows


# -------------------------------------------------------------- instructions

def instructions(variant: str, name: str, folder: pathlib.Path) -> int:
    """Instructions of one warm run of a program, and of nothing else: callgrind counts from one call to the
    other of two functions of the interpreter that nobody else calls."""
    dump = folder / f"callgrind-{variant}-{name}"
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={dump}", "--zero-before=os_getppid",
         "--dump-before=os_getpgrp", python(variant), "-E", HERE / "run.py", name, 0])
    found = re.search(r"^(?:totals|summary): (\d+)", pathlib.Path(f"{dump}.1").read_text(), re.MULTILINE)
    if found is None or int(found.group(1)) == 0:
        raise Failure(f"callgrind counted nothing in '{name}'")
    return int(found.group(1))


def row_instructions(options: Options, details: dict) -> Row:
    run(["valgrind", "--version"])
    names = own_programs()[:1] if options.quick else own_programs()
    jobs = [(variant, name) for name in names for variant in ("stock", "gil")]
    counts = {}
    with Unpinned(), concurrent.futures.ThreadPoolExecutor() as pool:   # counts do not mind company
        work = {pool.submit(instructions, *job, options.folder): job for job in jobs}
        for number, future in enumerate(concurrent.futures.as_completed(work), 1):
            live(f"bench: instructions, {number} of {len(jobs)}")
            counts[work[future]] = future.result()
    ratios = [counts["gil", name] / counts["stock", name] for name in names]
    details.update(zip(names, ratios, strict=True))
    mean = geometric_mean(ratios)
    return Row("hooks off: instructions", f"{len(names)} own programs, geometric mean, gil / stock, counted by `valgrind --tool=callgrind`",
               mean, *quartiles(ratios), target="≤ 1.03", met=mean <= 1.03,
               beside=f"programs from {min(ratios):.3f} to {max(ratios):.3f}; spread: over programs")
