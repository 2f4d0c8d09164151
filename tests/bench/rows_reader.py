"""Rows of the bench: how fast the reader goes through a trace, what memory it takes beside the mapped
file, and how long a station takes."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time

from harness import BUILD, GLASSBOX, ROOT, CannotMeasure, Failure, Options, Row, environment, in_turn, live, run, time_run
from rows_events import floor, million, trace_file

EVENTS = 20_000_000
EXIT_PARTIAL = 3                        # of `glassbox station`: not everything could run
BIG_BYTES = 1 << 30


def need_disk(options: Options, size: int) -> None:
    free = shutil.disk_usage(options.folder).free
    if free < size * 2:
        raise CannotMeasure(f"it needs {size * 2 >> 20} MB of free disk, and there are {free >> 20} MB")


def record(options: Options, events: int) -> pathlib.Path:
    path = trace_file(options)
    path.unlink(missing_ok=True)
    live(f"bench: recording a trace of {events:,} events")
    words = [str(word) for word in million(options, "timed", 1, events // 2)]
    run([word + ":limit=4G" if word.startswith("glassbox=") else word for word in words])
    return path


def row_speed(options: Options) -> Row:
    events = EVENTS // 20 if options.quick else EVENTS
    need_disk(options, events * 16)
    path = record(options, events)
    try:
        series = in_turn({"stat": lambda: time_run([GLASSBOX, "stat", path]),
                          "read": lambda: floor("read", options, path) * events}, options.rounds, "reader")
    finally:
        path.unlink()
    rate = events / series.best("stat") * 1e3
    rates = sorted(events / took * 1e3 for took in series.of["stat"])
    return Row("reader: million events a second", f"`glassbox stat` on {events:,} events, one core, invariants checked",
               rate, rates[len(rates) // 4], rates[len(rates) * 3 // 4], unit="M/s", target="≥ 50", met=rate >= 50,
               beside=f"{series.ratio('stat', 'read'):.1f} × reading every word of the file once")


def peak_anonymous(command: list) -> int:
    """The most memory of its own, in bytes, that a command was seen to hold: the mapped file is not in it."""
    with open(BUILD / "reader.out", "w+b") as output:
        child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output,
                                 stdin=subprocess.DEVNULL, env=environment())
        peak = 0
        while child.poll() is None:
            try:
                for line in pathlib.Path(f"/proc/{child.pid}/status").read_text().splitlines():
                    if line.startswith("RssAnon:"):
                        peak = max(peak, int(line.split()[1]) * 1024)
            except OSError:
                pass
            time.sleep(0.002)
    if child.returncode not in (0, 1):
        raise Failure(f"'{pathlib.Path(command[0]).name} {command[1]}' ended with status {child.returncode}")
    return peak


def row_memory(options: Options) -> Row:
    size = BIG_BYTES // 64 if options.quick else BIG_BYTES
    need_disk(options, size)
    path = record(options, size // 16)
    try:
        live("bench: the memory of the reader")
        peak = peak_anonymous([GLASSBOX, "stat", path])
        actual = path.stat().st_size
    finally:
        path.unlink()
    return Row("reader: memory beyond the mapping", f"`glassbox stat` on a trace of {actual / 2**30:.2f} GiB",
               peak / 1e6, unit="MB", target="≤ 200 MB", met=peak <= 200e6, beside="anonymous memory, sampled every 2 ms")


def stations() -> list[str]:
    """The numbers of the stations that there are."""
    return sorted(folder.name.partition("-")[0] for folder in (ROOT / "stations").glob("[0-9]*-*"))


def time_part(options: Options, command: list, what: str, how_to: str, fine: tuple = (0,)) -> list[float]:
    """Seconds of a part of the course, some times over. What needs a graphics card may be missing: the program is
    told so, as CI tells it (by an option, or by CI=true), and anything else that is missing counts."""
    took = []
    for _ in range(1 if options.quick else 3):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"NO_COLOR": "1", "CI": "true"}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        took.append(time.perf_counter() - began)
        if done.returncode in fine:
            continue
        if done.returncode == EXIT_PARTIAL:
            raise CannotMeasure(f"not everything of {what} can run here: {how_to}")
        lines = done.stderr.splitlines() or done.stdout.splitlines() or ["it said nothing"]
        raise Failure(f"{what} ended with status {done.returncode}: {lines[-1]}")
    return took


def row_station(options: Options, number: str) -> Row:
    command = [GLASSBOX, "station", "--without=device", number]
    took = time_part(options, command, f"station {number}", f"make station-{number}")
    return Row(f"station {number}", f"`glassbox station {number}`, all built, wall", min(took), min(took), max(took),
               unit="s", **({"target": "≤ 5 s", "met": min(took) <= 5} if number == "1" else {}))


def row_synthesis(options: Options) -> Row:
    program = ROOT / "stations" / "synthesis" / "run"
    if not program.exists():
        raise CannotMeasure("there is no synthesis")
    took = time_part(options, [program], "the synthesis", "make synthesis", fine=(0, EXIT_PARTIAL))
    return Row("synthesis", "`make synthesis`, all built, wall", min(took), min(took), max(took), unit="s")


def row_all_stations(rows: list[Row]) -> list[Row]:
    """The sum of those that were measured, judged when all of the course's were; none if there are none."""
    of = [row for row in rows if row.name.startswith("station ") and row.unit == "s"]
    whole = sum(row.ratio for row in of)
    if len(of) < 2:
        return []
    complete = {row.name.partition(" ")[2] for row in of} >= {str(number) for number in range(1, 7)}
    return [Row("all stations", f"the sum of {len(of)} stations, all built, wall", whole, unit="s",
                target="≤ 120 s" if complete else "", met=whole <= 120 if complete else None)]
