"""Rows of the bench: what hooks cost that are compiled in and off, against the unpatched interpreter.

Wall time over pyperformance's programs and over our own, and instructions executed. The noise row
comes from the same rounds: the unpatched interpreter against itself.
"""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re

from harness import (HERE, CannotMeasure, Failure, Options, Row, Unpinned, geometric_mean,
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

    def __init__(self, words: list, wanted_ns: float, peer: str = "stock") -> None:
        self.words, self.name, self.digest = words, words[-1], None
        first, _digest = timed(peer, words, 1)
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


def count_instructions(variants: tuple[str, str], names: list[str], options: Options) -> list[float]:
    """Ratios, program by program, of the second variant to the first."""
    run(["valgrind", "--version"])
    jobs = [(variant, name) for name in names for variant in variants]
    counts = {}
    with Unpinned(), concurrent.futures.ThreadPoolExecutor() as pool:   # counts do not mind company
        work = {pool.submit(instructions, *job, options.folder): job for job in jobs}
        for number, future in enumerate(concurrent.futures.as_completed(work), 1):
            live(f"bench: instructions, {number} of {len(jobs)}")
            counts[work[future]] = future.result()
    return [counts[variants[1], name] / counts[variants[0], name] for name in names]


def row_of_instructions(name: str, what: str, ratios: list[float]) -> Row:
    mean = geometric_mean(ratios)
    return Row(name, f"{len(ratios)} own programs, geometric mean, {what}, counted by `valgrind --tool=callgrind`",
               mean, *quartiles(ratios), target="≤ 1.03", met=mean <= 1.03,
               beside=f"programs from {min(ratios):.3f} to {max(ratios):.3f}; spread: over programs")


def row_instructions(options: Options, details: dict) -> Row:
    names = own_programs()[:1] if options.quick else own_programs()
    ratios = count_instructions(("stock", "gil"), names, options)
    details.update(zip(names, ratios, strict=True))
    return row_of_instructions("hooks off: instructions", "gil / stock", ratios)


# ------------------------------------------------------------- without the GIL

def rows_free_threaded(options: Options) -> list[Row]:
    """The same on the build without the GIL, a third of the programs: it is there where somebody has made
    `ft` and `stock-ft`, which takes minutes."""
    for variant in ("stock-ft", "ft"):
        if not python(variant).exists():
            raise CannotMeasure(f"there is no interpreter 'cpython/build/{variant}/python': make {variant}")
    names = own_programs()[:1] if options.quick else own_programs()[::3]
    ratios = []
    for number, name in enumerate(names, 1):
        program = Program([name], 0.02e9 if options.quick else WANTED_NS, "stock-ft")
        series = in_turn({v: program.subject(v) for v in ("stock-ft", "ft")}, options.rounds,
                         f"hooks off, without the GIL, program {number} of {len(names)}, {name}")
        ratios.append(series.ratio("ft", "stock-ft"))
    mean = geometric_mean(ratios)
    row = Row("hooks off, without the GIL: wall", f"{len(names)} own programs, geometric mean, ft / stock-ft", mean,
              *quartiles(ratios), target="≤ 1.01", met=mean <= 1.01,
              beside=f"programs from {min(ratios):.3f} to {max(ratios):.3f}; spread: over programs")
    return [row, row_of_instructions("hooks off, without the GIL: instructions", "ft / stock-ft",
                                     count_instructions(("stock-ft", "ft"), names, options))]
