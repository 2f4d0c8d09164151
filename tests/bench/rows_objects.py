"""Rows of the bench for what Station 2 records: objects, blocks, references and collections, beside
tracemalloc, Memray and a callback with PyRefTracer; and how fast `glassbox heap` reads them."""

from __future__ import annotations

import os
import pathlib

from harness import (BUILD, GLASSBOX, HERE, ROOT, CannotMeasure, Failure, Options, Row, environment,
                     in_turn, live, python, run, time_run)
from rows_events import floor, trace_facts, trace_file

RECORDINGS = {"recorded": "events=alloc+obj", "ring": "events=alloc+obj:mode=ring", "obj": "events=obj",
              "alloc": "events=alloc", "ref": "events=mark+ref", "churn": "events=ref:churn=yes", "gc": "events=gc"}
PEERS = {"tracemalloc": "tracemalloc", "memray": "Memray", "reftracer": "PyRefTracer with a callback in C that counts"}


def reftracer_library(variant: str = "gil") -> pathlib.Path:
    """tests/bench/reftracer.c, for one of the built interpreters."""
    library = BUILD / f"reftracer-{variant}.so"
    build = python(variant).parent
    run([*os.environ.get("CC", "gcc").split(), "-O2", "-std=gnu11", "-Wall", "-shared", "-fPIC",
         "-I", ROOT / "cpython" / "src" / "glassbox" / "Include", "-I", build, HERE / "reftracer.c", "-o", library])
    return library


class Subject:
    """objects.py doing one kind of work, under a peer or a recording."""

    def __init__(self, options: Options, work: str, packages: pathlib.Path | None = None) -> None:
        self.options, self.work, self.packages = options, work, packages
        self.library = reftracer_library()
        self.loops: dict[str, list[float]] = {}

    def command(self, name: str, count: int, reps: int) -> list:
        how, peer, file = [], name, []
        if name in RECORDINGS:
            how = ["-X", f"glassbox={trace_file(self.options)}:{RECORDINGS[name]}:limit=4G"]
            peer = "watched" if name == "ref" else "none"
        elif name == "memray":
            file = [self.options.folder / "memray.bin"]
        elif name == "reftracer":
            file = [self.library]
        return [python("gil"), *how, HERE / "objects.py", self.work, peer, count, reps, *file]

    def environment(self, name: str) -> dict[str, str]:
        return environment(PYTHONPATH=str(self.packages)) if name == "memray" else environment()

    def clear(self) -> None:
        for file in (trace_file(self.options), self.options.folder / "memray.bin"):
            file.unlink(missing_ok=True)

    def whole(self, name: str, count: int):
        """Nanoseconds of the whole program."""
        def measure() -> float:
            self.clear()
            return time_run(self.command(name, count, 1), env=self.environment(name))
        return measure

    def loop(self, name: str, count: int, reps: int):
        """Nanoseconds of the best loop in it."""
        def measure() -> float:
            self.clear()
            return float(run(self.command(name, count, reps), env=self.environment(name)))
        return measure


# ------------------------------------------------------------ a million lists

def rows_lists(options: Options, packages: pathlib.Path | None) -> list[Row]:
    """Whole programs as for the million calls; what the loop alone costs stands beside it, where a peer's
    own start does not count against it."""
    rows = []
    for work, what in (("lists", "a list of one item made and dropped"),
                       ("ranged", "the same counted by range(): an int more")):
        subject = Subject(options, work, packages)
        peers = [name for name in PEERS if name != "memray" or packages is not None]
        whole = in_turn({name: subject.whole(name, options.calls) for name in ("none", "recorded", "ring")},
                        options.rounds, f"a million lists, {work}")
        loops = in_turn({name: subject.loop(name, options.calls // 2, 1)
                         for name in ("none", "recorded", "obj", "alloc", *peers)},
                        (options.rounds + 1) // 2, f"a million lists, the loop, {work}")
        subject.clear()
        run(subject.command("recorded", options.calls, 1))
        facts = trace_facts(trace_file(options))
        subject.clear()
        if facts["lost"]:
            raise Failure("events of a million lists were lost")
        ratio = whole.ratio("recorded", "none")
        said = ", ".join(f"{PEERS[name]} {loops.ratio(name, 'none'):.2f}" for name in peers)
        judged = work == "lists"                       # what else a loop makes is not of lists
        rows.append(Row(f"a million lists, recorded ({work})",
                        f"{what}; whole program, alloc and obj on, mode full / untraced",
                        ratio, *whole.spread("recorded", "none"),
                        target="≤ 1.5" if judged else "", met=ratio <= 1.5 if judged else None,
                        beside=f"ring mode {whole.ratio('ring', 'none'):.2f}; untraced {whole.best('none') / 1e6:.0f} ms; "
                               f"{facts['bytes'] / options.calls:.0f} bytes in {facts['events'] / options.calls:.1f} events a list. "
                               f"The loop alone: alloc and obj {loops.ratio('recorded', 'none'):.2f}, obj {loops.ratio('obj', 'none'):.2f}, "
                               f"alloc {loops.ratio('alloc', 'none'):.2f}, {said}"))
    return rows


# ------------------------------------------------------- references, collections

def rows_references(options: Options) -> list[Row]:
    subject = Subject(options, "references")
    count, reps = options.calls // 10, 3 if options.quick else 10
    loops = in_turn({name: subject.loop(name, count, reps) for name in ("none", "ref", "churn")}
                    | {"clock": lambda: floor("clock", options)}, options.rounds, "references")
    quiet = Subject(options, "lists")
    others = in_turn({name: quiet.whole(name, options.calls) for name in ("none", "ref", "churn")},
                     options.rounds, "references of other objects")
    subject.clear()
    clock = loops.best("clock")
    event = (loops.best("ref") - loops.best("none")) / count / 2
    each = sorted((a - b) / count / 2 / c
                  for a, b, c in zip(loops.of["ref"], loops.of["none"], loops.of["clock"], strict=True))
    counted = (loops.best("churn") - loops.best("none")) / count / 2
    return [
        Row("reference event / clock read", "ref.inc or ref.dec of a watched object, timed, mode full, page making included",
            event / clock, each[len(each) // 4], each[len(each) * 3 // 4],
            beside=f"event of 40 bytes {event:.1f} ns, clock read {clock:.1f} ns; churn counts an operation in {counted:.1f} ns"),
        Row("one object watched", "a million lists, another object watched / untraced, whole program",
            others.ratio("ref", "none"), *others.spread("ref", "none"),
            beside="every reference operation of every object asks whether it is the watched one"),
        Row("churn counted", "a million lists, reference operations counted by code and offset / untraced, whole program",
            others.ratio("churn", "none"), *others.spread("churn", "none")),
    ]


def row_collections(options: Options) -> Row:
    subject = Subject(options, "collections")
    count = 200 if options.quick else 5_000
    series = in_turn({name: subject.whole(name, count) for name in ("none", "gc")}, options.rounds, "collections")
    subject.clear()
    run(subject.command("gc", count, 1))
    events = trace_facts(trace_file(options))["events"]
    subject.clear()
    return Row("collections recorded",
               f"{count:,} collections of the young generation, class gc on / untraced, whole program", series.ratio("gc", "none"), *series.spread("gc", "none"), beside=f"{events / count:.1f} events a collection")


# -------------------------------------------------------------------- the reader

def row_heap(options: Options) -> Row:
    if not any(line.split()[:1] == ["heap"] for line in run([GLASSBOX, "--help"]).splitlines()):
        raise CannotMeasure("this runner has no command 'heap'")
    subject = Subject(options, "ranged")
    subject.clear()
    live("bench: recording a trace of objects and blocks")
    run(subject.command("recorded", options.calls * 2, 1))
    path = trace_file(options)
    try:
        events = trace_facts(path)["events"]
        series = in_turn({command: (lambda command=command: time_run([GLASSBOX, command, path]))
                          for command in ("heap", "stat")}, options.rounds, "glassbox heap")
    finally:
        path.unlink()
    rate = events / series.best("heap") * 1e3
    rates = sorted(events / took * 1e3 for took in series.of["heap"])
    return Row("reader: million events of the allocator a second", f"`glassbox heap` on {events:,} events, one core",
               rate, rates[len(rates) // 4], rates[len(rates) * 3 // 4], unit="M/s",
               beside=f"`glassbox stat` on them, invariants checked: {events / series.best('stat') * 1e3:.0f} M/s")
