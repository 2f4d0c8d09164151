"""What every measurement of scripts/bench shares: where things are, how a child is run and timed,
how two or more subjects are measured in turn, and what a row of the table is.

Method. Subjects that are compared run in turn, a round at a time, the order turned over from one
round to the next, all on one core. A subject's figure is its best over the rounds: noise on a shared
machine only ever adds. The spread is that of the ratios within each round (quartiles).

This module must not know any row, and must never print but through say() and live().
"""

from __future__ import annotations

import dataclasses
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "bench"
BUILD = ROOT / "build" / "bench"
GLASSBOX = ROOT / "glassbox"
CHILD_TIMEOUT_S = 300


class Failure(Exception):
    """A measurement that went wrong: a sentence for the person who waits."""


class CannotMeasure(Exception):
    """A measurement that this machine or this version does not allow, and why."""


@dataclasses.dataclass
class Row:
    """One line of the table. The ratio is subject / peer; low and high are its quartiles."""

    name: str
    what: str
    ratio: float
    low: float | None = None
    high: float | None = None
    unit: str = "×"                      # what `ratio` counts, where it is not a ratio
    target: str = ""
    met: bool | None = None
    beside: str = ""                     # peers and floors of the same run


@dataclasses.dataclass
class Options:
    quick: bool = False
    rounds: int = 9
    calls: int = 1_000_000               # of "a program of a million calls"
    peers: bool = True
    folder: pathlib.Path = BUILD / "tmp"  # for traces: a real disk, emptied at the end


# ------------------------------------------------------------------ speaking

_tty = sys.stderr.isatty()
_open = False


def say(text: str) -> None:
    clear()
    print(text, file=sys.stderr, flush=True)


def live(text: str) -> None:
    """Replace the live line; without a terminal, say nothing."""
    global _open
    if _tty:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{text[:width]}", end="", file=sys.stderr, flush=True)
        _open = True


def clear() -> None:
    global _open
    if _open:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
        _open = False


# ------------------------------------------------------------------ children

def python(variant: str) -> pathlib.Path:
    return ROOT / "cpython" / "build" / variant / "python"


def environment(**extra: str) -> dict[str, str]:
    """The same for every subject: no Python settings of the person's own, no random hashes."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LD_PRELOAD", "MAKE"))}
    return env | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"} | extra


def run(command: list, *, env: dict[str, str] | None = None, timeout_s: float = CHILD_TIMEOUT_S) -> str:
    """What a command prints on stdout; Failure with the telling line of its stderr if it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, env=env or environment(), stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=timeout_s, cwd=BUILD, errors="replace")
    except FileNotFoundError:
        raise CannotMeasure(f"there is no command '{words[0]}'") from None
    except subprocess.TimeoutExpired:
        raise Failure(f"'{pathlib.Path(words[0]).name}' was still running after {timeout_s:.0f} s") from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        why = lines[-1] if lines else "it said nothing"
        why = why.replace(f"{ROOT}/", "")
        raise Failure(f"'{pathlib.Path(words[0]).name}' ended with status {done.returncode}: {why}")
    return done.stdout


def time_run(command: list, *, env: dict[str, str] | None = None) -> float:
    """Nanoseconds of wall time of a whole command, from fork to exit."""
    began = time.perf_counter_ns()
    run(command, env=env)
    return float(time.perf_counter_ns() - began)


def compile_c(name: str, *flags: str, libraries: tuple[str, ...] = ()) -> pathlib.Path:
    """Compile tests/bench/NAME.c; the path of the program. Made anew only when the source is newer."""
    source, program = HERE / f"{name}.c", BUILD / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        run([*os.environ.get("CC", "gcc").split(), "-O2", "-std=gnu11", "-Wall", *flags, source,
             "-o", program, *libraries])
    return program


def pin() -> int | None:
    """Keep this process and its children on one core: the last that it may use."""
    try:
        core = max(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {core})
        return core
    except (AttributeError, OSError):
        return None


class Unpinned:
    """Lets children use every core within a `with`."""

    def __enter__(self) -> None:
        self.before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))

    def __exit__(self, *_unused) -> None:
        os.sched_setaffinity(0, self.before)


# ------------------------------------------------------------------- figures

@dataclasses.dataclass
class Series:
    """The figures of several subjects, one of each a round."""

    of: dict[str, list[float]]

    def best(self, subject: str) -> float:
        return min(self.of[subject])

    def ratio(self, subject: str, peer: str) -> float:
        return self.best(subject) / self.best(peer)

    def spread(self, subject: str, peer: str) -> tuple[float, float]:
        return quartiles([a / b for a, b in zip(self.of[subject], self.of[peer], strict=True)])


def quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(value) for value in values) / len(values))


def in_turn(subjects: dict[str, Callable[[], float]], rounds: int, label: str) -> Series:
    """Measure each subject once a round."""
    figures: dict[str, list[float]] = {name: [] for name in subjects}
    for turn in range(rounds):
        order = list(subjects)
        if turn % 2:
            order.reverse()
        for name in order:
            live(f"bench: {label}, round {turn + 1} of {rounds}: {name}")
            figures[name].append(subjects[name]())
    return Series(figures)
