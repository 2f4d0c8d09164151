"""Rows of the bench for the lock: whether recording changes how long a hand-off takes, what its events
cost, and what py-spy's samples say of the same program.

A hand-off is timed by the program that does it (handoffs.py), never by the trace under test."""

from __future__ import annotations

import json
import math
import pathlib
import re
import statistics
import subprocess
import time

from harness import (GLASSBOX, HERE, CannotMeasure, Failure, Options, Row, Unpinned, environment,
                     in_turn, live, python, quartiles, run)
from rows_events import floor, trace_facts, trace_file

HANDOFFS = {"asked": "the holder is asked to let go at the end of the switch interval (0.5 ms); from its last line "
                     "to the other's first",
            "itself": "the holder lets go by itself, in time.sleep(), and the other waits; from its last line to "
                      "the other's first",
            "lock": "two threads give each other a threading.Lock; a round, which is two hand-offs"}
BLOCK_MS = 40                                          # short: two blocks of a pair meet the same machine
RESOLUTION = 0.05                                      # a median less certain than this says nothing of 5 %
RATE = 200                                             # py-spy's samples a second


# ------------------------------------------------------------------ hand-offs

def handoffs(options: Options, kind: str, pairs: int) -> tuple[list[float], dict[str, list], int]:
    """The ratio within each pair of blocks, the blocks' medians, and how many hand-offs were recorded."""
    live(f"bench: hand-offs of the lock, {kind}, {pairs} pairs of blocks")
    said = run([python("gil"), HERE / "handoffs.py", kind, pairs, BLOCK_MS, trace_file(options)])
    blocks = json.loads(said)
    facts = trace_facts(trace_file(options))
    trace_file(options).unlink()
    if facts["lost"] or facts["events"] < blocks["on"][-1][1]:
        raise Failure(f"hand-offs were not recorded: {facts['events']} events of {blocks['on'][-1][1]}")
    medians = {how: [middle for middle, _ in blocks[how]] for how in blocks}
    ratios = [on / off for on, off in zip(medians["on"], medians["off"], strict=True)]
    return ratios, medians, sum(count for _, count in blocks["on"])


def uncertainty(values: list[float]) -> float:
    """The standard error of their median, by the width of their middle half."""
    low, high = quartiles(values)
    return 1.25 * (high - low) / 1.35 / math.sqrt(len(values))


def row_handoff(options: Options, kind: str) -> Row:
    pairs = options.rounds * (4 if options.quick else 20)
    ratios, medians, count = handoffs(options, kind, pairs)
    with Unpinned():
        free, free_medians, _ = handoffs(options, kind, pairs // 2)
    ratio, known = statistics.median(ratios), uncertainty(ratios)
    fast = {how: sorted(free_medians[how])[len(free) // 10] / 1e3 for how in free_medians}
    return Row(f"hand-off of the lock ({kind})", f"{HANDOFFS[kind]}; timed by the program, on one core, class gil on / off; "
               f"median of {pairs} pairs of blocks of {BLOCK_MS} ms", ratio, *quartiles(ratios), target="≤ 1.05",
               met=ratio <= 1.05 if known < RESOLUTION else None,
               beside=f"the median is known to ± {known * 100:.1f} %; half of the hand-offs take "
                      f"{statistics.median(medians['off']) / 1e3:.1f} us untraced, "
                      f"{statistics.median(medians['on']) / 1e3:.1f} us recorded, {count:,} of these; on all cores "
                      f"{statistics.median(free):.3f} ± {uncertainty(free):.3f}, "
                      f"{statistics.median(free_medians['off']) / 1e3:.1f} us untraced, the fastest tenth of blocks "
                      f"{fast['off']:.1f} us, recorded {fast['on']:.1f} us")


def rows_handoffs(options: Options) -> list[Row]:
    return [row_handoff(options, kind) for kind in HANDOFFS]


# -------------------------------------------------------------- cost of an event

def row_event(options: Options) -> Row:
    count, reps = options.calls // 20, 3 if options.quick else 20

    def loop(how: list, loops: int):
        def measure() -> float:
            trace_file(options).unlink(missing_ok=True)
            return float(run([python("gil"), *how, HERE / "mixed.py", "reads", count, loops]))
        return measure

    traced = ["-X", f"glassbox={trace_file(options)}:events=gil"]
    series = in_turn({"none": loop([], reps), "gil": loop(traced, reps), "clock": lambda: floor("clock", options)},
                     options.rounds, "an event of the lock")
    counts = []                                        # the difference of two runs: start and exit are in both
    for loops in (1, 2):
        loop(traced, loops)()
        counts.append(trace_facts(trace_file(options))["events"])
    trace_file(options).unlink()
    each = (counts[1] - counts[0]) / count
    if each < 2:
        raise Failure(f"a read has {each:.2f} events of the lock: there must be a release and an acquisition")
    event, clock = (series.best("gil") - series.best("none")) / count / each, series.best("clock")
    ratios = [(on - off) / count / each / ticks for off, on, ticks in zip(*series.of.values(), strict=True)]
    return Row("event of the lock / clock read", "os.read() of nothing, by the only thread: release, request and acquire, "
               "mode full, page making included", event / clock, *quartiles(ratios),
               beside=f"event {event:.1f} ns, {each:.1f} events a read; clock read {clock:.1f} ns; a read "
                      f"untraced {series.best('none') / count:.0f} ns")


# ------------------------------------------------------- eight threads, and py-spy

class Spy:
    """py-spy, of the package's folder, over a program that it starts."""

    def __init__(self, options: Options, packages: pathlib.Path) -> None:
        self.program, self.file = packages / "bin" / "py-spy", options.folder / "py-spy.txt"
        try:
            self.record(["-c", "import time; time.sleep(0.5)"])
        except Failure as why:                         # ptrace is not for everybody
            raise CannotMeasure(str(why)) from None

    def record(self, words: list, *more: str) -> str:
        return run([self.program, "record", "--gil", "--threads", "--rate", RATE, "--format", "raw",
                    "--output", self.file, *more, "--", python("gil"), *words])

    def samples(self) -> dict[str, int]:
        """How often each thread held the lock."""
        counts: dict[str, int] = {}
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            found = re.fullmatch(r"thread \(\w+\)(?:: ([^;]+))?(?:;.*)? (\d+)", line)
            if found:
                name = found.group(1) or "MainThread"  # before it has its name
                counts[name] = counts.get(name, 0) + int(found.group(2))
        if not counts:
            raise Failure("py-spy has no sample")
        return counts

    def dumps(self, words: list, times: int) -> str:
        """What `py-spy dump` makes of a program that runs: how often it names a holder, and how long it takes."""
        child = subprocess.Popen([str(word) for word in (python("gil"), *words)], env=environment(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        took, held = [], 0
        try:
            time.sleep(0.3)
            for _ in range(times):
                began = time.perf_counter()
                said = json.loads(run([self.program, "dump", "--json", "--pid", child.pid]))
                took.append(time.perf_counter() - began)
                held += any(thread["owns_gil"] for thread in said)
        except Failure as why:
            return f"`py-spy dump` cannot run here: {why}"
        finally:
            child.kill()
            child.wait()
        return (f"`py-spy dump` named a holder {held} times of {times}, in {statistics.median(took) * 1e3:.0f} ms each")


def mixed(rounds: int) -> list:
    return [HERE / "mixed.py", "threads", rounds]


def traced(options: Options) -> list[str]:
    trace_file(options).unlink(missing_ok=True)
    return ["-X", f"glassbox={trace_file(options)}:events=gil"]


def wall(said: str) -> float:
    """The figure that mixed.py prints, among what a profiler says."""
    figures = re.findall(r"^\d+$", said, re.MULTILINE)
    if len(figures) != 1:
        raise Failure("a program of eight threads did not say how long it took")
    return float(figures[0])


def rows_threads(options: Options, packages: pathlib.Path | None, skipped: list) -> list[Row]:
    spy, rounds = None, 100 if options.quick else 1000
    with Unpinned():
        if packages is not None:
            try:
                spy = Spy(options, packages)
            except CannotMeasure as why:
                skipped.append(("peer: py-spy", str(why)))
        subjects = {"none": lambda: wall(run([python("gil"), *mixed(rounds)])),
                    "gil": lambda: wall(run([python("gil"), *traced(options), *mixed(rounds)]))}
        if spy is not None:
            subjects["py-spy"] = lambda: wall(spy.record(mixed(rounds)))
            subjects["free"] = lambda: wall(spy.record(mixed(rounds), "--nonblocking"))
        series = in_turn(subjects, options.rounds, "eight threads")
        took = subjects["gil"]()
        facts = trace_facts(trace_file(options))
        rows = [row_threads(series, facts, took, rounds)]
        if spy is not None:
            rows += [row_spy_cost(series), row_shares(options, spy, rounds * 4),
                     row_shares(options, spy, rounds * 4, "--nonblocking")]
    trace_file(options).unlink(missing_ok=True)
    return rows


def row_threads(series, facts: dict[str, int], took: float, rounds: int) -> Row:
    if facts["lost"]:
        raise Failure("events of the lock were lost")
    return Row("eight threads, the lock recorded", f"compute and short I/O, {rounds:,} rounds a thread, on all cores; "
               "class gil on, mode full / untraced", series.ratio("gil", "none"), *series.spread("gil", "none"),
               beside=f"{facts['events']:,} events, {facts['events'] / took * 1e9:,.0f} a second; untraced "
                      f"{series.best('none') / 1e6:.0f} ms")


def row_spy_cost(series) -> Row:
    return Row("peer: py-spy, the same program", f"`py-spy record --gil`, {RATE} samples a second / untraced",
               series.ratio("py-spy", "none"), *series.spread("py-spy", "none"),
               beside=f"with --nonblocking {series.ratio('free', 'none'):.3f}; Glassbox {series.ratio('gil', 'none'):.3f}")


def shares(samples: dict[str, int], report: dict) -> tuple[int, dict[str, tuple[float, float]]]:
    """py-spy's samples of the workers, and each worker's share by them and by the trace."""
    holds: dict[str, int] = {}
    for thread in report["threads"]:
        holds[thread["name"]] = holds.get(thread["name"], 0) + thread["holds_ns"]
    workers = sorted(name for name in holds if name.startswith("worker-"))
    seen, total = sum(samples.get(name, 0) for name in workers), sum(holds[name] for name in workers)
    if len(workers) != 8 or seen == 0:
        raise Failure(f"the trace names {len(workers)} of eight threads, py-spy has {seen} samples of them")
    return seen, {name: (samples.get(name, 0) / seen, holds[name] / total) for name in workers}


def row_shares(options: Options, spy: Spy, rounds: int, *more: str) -> Row:
    """One run that both look at: each thread's share of the time that the lock was held."""
    live("bench: eight threads under py-spy and Glassbox at once")
    took = wall(spy.record([*traced(options), *mixed(rounds)], *more))
    samples = spy.samples()
    report = json.loads(run([GLASSBOX, "gil", "--json", trace_file(options)]))
    seen, each = shares(samples, report)
    apart = sum(abs(a - b) for a, b in each.values()) / 2
    chance = sum(math.sqrt(2 * b * (1 - b) / math.pi / seen) for _, b in each.values()) / 2
    said = ", ".join(f"{a * 100:.1f} / {b * 100:.1f}" for a, b in each.values())
    held, takes = (sum(thread[what] for thread in report["threads"]) for what in ("holds_ns", "takes"))
    beside = (f"{seen:,} samples in {took / 1e9:.1f} s: as many, taken at random, are off by {chance * 100:.1f} %; each "
              f"thread, py-spy / trace: {said} %; held at all: {sum(samples.values()) / RATE / took * 1e11:.0f} / "
              f"{held / took * 100:.0f} %")
    if not more:
        beside += (f". A hold lasts {held / takes / 1e3:.0f} us, a sample comes each {1e6 / RATE:.0f} us; the trace has "
                   f"{report['switches']:,} changes of hands and each wait. {spy.dumps(mixed(rounds), 10)}")
    return Row(" ".join(("peer: py-spy, shares of the lock", *(f"({word})" for word in more))),
               "one run under both: the part of the workers' time with the lock that py-spy's samples give to "
               "another thread than the trace", apart * 100, unit="%", beside=beside)
