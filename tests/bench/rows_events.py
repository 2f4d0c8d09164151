"""Rows of the bench: what an event costs, a program of a million calls under each tracer, the size of
a trace, and whether anything is lost. It reads traces by itself, not by the reader under test."""

from __future__ import annotations

import mmap
import pathlib
import struct

import peers
from harness import (HERE, CannotMeasure, Failure, Options, Row, Unpinned, compile_c, environment,
                     in_turn, live, python, run, time_run)

EVENTS_A_CALL = 2
TRACERS = ("monitoring", "setprofile", "settrace", "cprofile", "viztracer")
NAMES = {"monitoring": "sys.monitoring", "setprofile": "sys.setprofile", "settrace": "sys.settrace",
         "cprofile": "cProfile", "viztracer": "VizTracer"}
RECORDINGS = {"timed": "events=frame", "untimed": "events=frame:clock=none", "ring": "events=frame:mode=ring",
              "untimed ring": "events=frame:clock=none:mode=ring"}


def trace_file(options: Options) -> pathlib.Path:
    return options.folder / "trace.gbx"


def million(options: Options, tracer: str, reps: int, calls: int, threads: int | None = None) -> list:
    """The command of a program of calls under a tracer or a recording."""
    how = ["-X", f"glassbox={trace_file(options)}:{RECORDINGS[tracer]}"] if tracer in RECORDINGS else []
    inside = "none" if tracer in RECORDINGS else tracer
    words = [python("gil"), *how, HERE / "million.py", inside, calls, reps]
    return words if threads is None else [*words, threads]


def tracer_environment(tracer: str, packages: pathlib.Path | None) -> dict[str, str]:
    return environment(PYTHONPATH=str(packages)) if tracer == "viztracer" else environment()


def floor(kind: str, options: Options, *words: object) -> float:
    extra = [options.folder / "floor.dat"] if kind in ("store", "timed", "fresh") else []
    return float(run([compile_c("floor"), kind, *extra, *words]))


# ------------------------------------------------------------- cost of an event

def rows_event(options: Options) -> list[Row]:
    """Nanoseconds of a push or a pop: a loop of empty calls recorded, less the same loop unrecorded.

    The loops are short, so that the best of them met nobody else on the core, and yet fill segments."""
    calls, reps = options.calls // 10, 5 if options.quick else 30

    def loop(tracer: str):
        def measure() -> float:
            trace_file(options).unlink(missing_ok=True)
            return float(run(million(options, tracer, reps, calls)))
        return measure

    subjects = {tracer: loop(tracer) for tracer in ("none", *RECORDINGS, "monitoring")}
    subjects |= {f"floor {kind}": (lambda kind=kind: floor(kind, options)) for kind in ("clock", "store", "timed", "fresh")}
    series = in_turn(subjects, options.rounds, "an event")
    trace_file(options).unlink(missing_ok=True)

    def ns(tracer: str) -> float:
        return (series.best(tracer) - series.best("none")) / (calls * EVENTS_A_CALL)

    def each(tracer: str) -> list[float]:
        pairs = zip(series.of[tracer], series.of["none"], strict=True)
        return [(a - b) / (calls * EVENTS_A_CALL) for a, b in pairs]

    def spread(over: list[float], under: list[float]) -> tuple[float, float]:
        ratios = sorted(a / b for a, b in zip(over, under, strict=True))
        return ratios[len(ratios) // 4], ratios[(len(ratios) * 3) // 4]

    clock, store = series.best("floor clock"), series.best("floor store")
    timed, monitoring, untimed = ns("timed"), ns("monitoring"), ns("untimed")
    return [
        Row("timed event / clock read", "frame.push or frame.pop, mode full, page making included",
            timed / clock, *spread(each("timed"), series.of["floor clock"]), target="≤ 1.5", met=timed <= 1.5 * clock,
            beside=f"event {timed:.1f} ns, ring mode {ns('ring'):.1f} ns; clock read {clock:.1f} ns, 16 bytes stored "
                   f"with it {series.best('floor timed'):.1f} ns, 16 fresh bytes of a file {series.best('floor fresh'):.1f} ns"),
        Row("timed event / sys.monitoring", "the same, against an empty Python callback", timed / monitoring,
            *spread(each("timed"), each("monitoring")), target="≤ 0.4", met=timed <= 0.4 * monitoring,
            beside=f"sys.monitoring {monitoring:.1f} ns an event"),
        Row("untimed event", "frame.push or frame.pop, clock=none, mode full", untimed,
            sorted(each("untimed"))[options.rounds // 4], sorted(each("untimed"))[options.rounds * 3 // 4],
            unit="ns", target="≤ 4 ns", met=untimed <= 4,
            beside=f"{untimed / store:.1f} × 16 bytes stored ({store:.2f} ns); ring mode {ns('untimed ring'):.1f} ns"),
    ]


# ----------------------------------------------------- a program of a million calls

def rows_million(options: Options, packages: pathlib.Path | None) -> list[Row]:
    """Whole programs, from start to exit, under each tracer."""
    def whole(tracer: str):
        def measure() -> float:
            trace_file(options).unlink(missing_ok=True)
            return time_run(million(options, tracer, 1, options.calls), env=tracer_environment(tracer, packages))
        return measure

    tracers = [tracer for tracer in TRACERS if tracer != "viztracer" or packages is not None]
    if options.quick:
        tracers = tracers[:1]
    subjects = {tracer: whole(tracer) for tracer in ("none", "timed", "untimed", "ring", *tracers)}
    series = in_turn(subjects, options.rounds, "a million calls")
    trace_file(options).unlink(missing_ok=True)
    peers_said = ", ".join(f"{NAMES[tracer]} {series.ratio(tracer, 'none'):.2f}" for tracer in tracers)
    clock = floor("clock", options)
    least = 1 + options.calls * EVENTS_A_CALL * clock / series.best("none")
    timed, untimed = series.ratio("timed", "none"), series.ratio("untimed", "none")
    return [
        Row("a million calls, recorded", "whole program, frame events on, mode full / untraced", timed,
            *series.spread("timed", "none"), target="≤ 1.5", met=timed <= 1.5,
            beside=f"{peers_said}; ring mode {series.ratio('ring', 'none'):.2f}; untraced "
                   f"{series.best('none') / 1e6:.0f} ms; two clock reads a call and nothing else would be {least:.2f}"),
        Row("a million calls, order only", "the same with clock=none / untraced", untimed,
            *series.spread("untimed", "none"), target="≤ 1.15", met=untimed <= 1.15),
    ]


# ------------------------------------------------------------- size and losses

def trace_facts(path: pathlib.Path) -> dict[str, int]:
    """Sums over the segments of a trace, and its records of class frame, counted one by one."""
    facts = dict.fromkeys(("events", "bytes", "frames", "frame_bytes", "lost", "segments"), 0)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:8] != b"GLASSBOX":
            raise Failure("the recording is not a trace")
        header_size, = struct.unpack_from("<I", data, 16)
        table, count = struct.unpack_from("<II", data, 112)
        size_of, frame_class = [0] * 256, [False] * 256
        for i in range(count):
            event, klass, size = data[table + i * 32: table + i * 32 + 3]
            size_of[event], frame_class[event] = size, klass == 0
        end, facts["lost"] = struct.unpack_from("<QQ", data, 1192)
        facts["file"], at = len(data), header_size
        while at < min(end, len(data)):
            magic, kind, size = struct.unpack_from("<IBxxxI", data, at)
            if magic != 0x53584247 or size == 0:
                raise Failure("the trace has a segment without its magic")
            if kind == 1:
                committed, lost = struct.unpack_from("<QQ", data, at + 24)
                facts["lost"] += lost
                facts["segments"] += 1
                count_records(data[at + 112: at + committed], size_of, frame_class, facts)
            at += size
    return facts


def count_records(records: bytes, size_of: list[int], frame_class: list[bool], facts: dict[str, int]) -> None:
    at, end = 0, len(records)
    facts["bytes"] += end
    while at < end:
        event = records[at]
        size = size_of[event]
        if size == 0:
            raise Failure(f"the trace has a record of an unknown event {event}")
        facts["events"] += 1
        if frame_class[event]:
            facts["frames"] += 1
            facts["frame_bytes"] += size
        at += size


def row_size(options: Options) -> Row:
    live("bench: the size of a trace")
    trace_file(options).unlink(missing_ok=True)
    run(million(options, "timed", 1, options.calls))
    facts = trace_facts(trace_file(options))
    trace_file(options).unlink()
    mean = facts["frame_bytes"] / facts["frames"]
    return Row("bytes a frame event", f"records of the million calls ({facts['frames']:,} events)", mean, unit="bytes",
               target="≤ 16", met=round(mean, 2) <= 16,
               beside=f"{facts['file'] / facts['events']:.2f} with everything that is in the file; VizTracer: "
                      "60 (published)")


def row_losses(options: Options) -> Row:
    """Eight threads at full rate: as many frames in the file as there were calls, none noted as lost."""
    threads, calls = 8, 20_000 if options.quick else 250_000
    trace_file(options).unlink(missing_ok=True)
    live("bench: losses of eight threads at full rate")
    with Unpinned():
        run(million(options, "timed", 1, calls, threads))
    facts = trace_facts(trace_file(options))
    trace_file(options).unlink()
    missing = max(0, threads * calls * EVENTS_A_CALL - facts["frames"])
    lost = facts["lost"] + missing
    return Row("events lost", f"eight threads at full rate, mode full, {facts['events']:,} events in "
               f"{facts['segments']} segments", lost, unit="events", target="0", met=lost == 0,
               beside=f"noted as lost {facts['lost']}; calls without their events {missing}")


# ------------------------------------------------------------- tracers of C

def row_uftrace(options: Options) -> Row:
    program = peers.uftrace_program()

    def traced() -> float:
        return peers.uftrace_calls(program, options.folder / "uftrace", options.calls)

    subjects = {"plain": lambda: float(run([program, "calls", options.calls])), "uftrace": traced,
                "clock": lambda: floor("clock", options)}
    series = in_turn(subjects, options.rounds, "uftrace")
    event = (series.best("uftrace") - series.best("plain")) / EVENTS_A_CALL
    each = sorted((traced - plain) / EVENTS_A_CALL / clock
                  for plain, traced, clock in zip(*series.of.values(), strict=True))
    return Row("peer: uftrace, event / clock read", "a million empty calls of a C function built with -pg",
               event / series.best("clock"), each[len(each) // 4], each[len(each) * 3 // 4],
               beside=f"{event:.1f} ns an event (entry or exit)")


def row_lttng(options: Options) -> Row:
    with peers.Lttng(options.folder / "lttng") as session:
        def traced() -> float:
            with session.recording():
                return float(run([session.program, options.calls]))

        subjects = {"off": lambda: float(run([session.program, options.calls])), "on": traced,
                    "clock": lambda: floor("clock", options)}
        series = in_turn(subjects, options.rounds, "LTTng-UST")
    event = series.best("on") - series.best("off")
    each = sorted((on - off) / c for off, on, c in zip(*series.of.values(), strict=True))
    return Row("peer: LTTng-UST, event / clock read", "a tracepoint with two 32-bit fields in a C program",
               event / series.best("clock"), each[len(each) // 4], each[len(each) * 3 // 4],
               beside=f"{event:.1f} ns an event" + session.remark)


def rows_c_tracers(options: Options, skipped: list) -> list[Row]:
    rows = []
    for name, measure in (("uftrace", row_uftrace), ("LTTng-UST", row_lttng)):
        try:
            rows.append(measure(options))
        except (CannotMeasure, Failure) as why:
            skipped.append((f"peer: {name}", str(why)))
    return rows
