"""BENCH.md: the table that scripts/bench writes. It must name no host and no path."""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import re
import subprocess

from harness import ROOT, Options, Row, python, run

METHOD = """\
Subjects that are compared run in turn, a round at a time ({rounds} rounds), the order turned over
from round to round, each in a process of its own, on one core. A subject's figure is its best over the
rounds; the spread is the middle half (quartiles) of what single rounds gave. The noise row is one more
copy of the unpatched interpreter in the same rounds: differences of its size mean nothing. Hashes are
not random (`PYTHONHASHSEED=0`). pyperformance's programs are its own; the timing is ours, since two
interpreters have to be run in turn. An event's cost is that of a loop of 100,000 empty calls
recorded, less that of the same loop unrecorded, by two events a call; mode full, so the making of the
file's pages is in it. Instructions are those of one warm repetition of a program. VizTracer is recorded, not saved;
Memray writes its file, Python's allocators traced (`trace_python_allocators`). Hand-offs of the lock are
timed by the program that does them: short blocks with recording on and off, in turn, in one
process, the figure the median of the ratios of pairs, no verdict where that is less certain than 5 %; on all cores the time that another core takes to wake
varies by more than recording could add, so that the target is judged on one. The eight threads and py-spy run
on all cores; py-spy starts the program, whose own clock is read, and 'held at all' is its samples by its rate."""


def said(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def first_match(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return "unknown"
    return found.group(1).strip() if found else "unknown"


def build_flags(variant: str) -> str:
    code = ("import sysconfig as s; v = s.get_config_var; "
            "print(v('CC'), v('OPT'), '|', ' '.join(a for a in v('CONFIG_ARGS').split() if 'prefix' not in a))")
    return run([python(variant), "-E", "-c", code]).strip()


def machine(options: Options, load: tuple[float, float]) -> list[tuple[str, str]]:
    compiler = said([os.environ.get("CC", "gcc").split()[0], "--version"]).splitlines()
    stock, gil = build_flags("stock"), build_flags("gil")
    flags = f"`{gil}`" + (", both" if stock == gil else f"; but stock was built with `{stock}`")
    virtual = "hypervisor" in first_match("/proc/cpuinfo", r"^flags\s*: (.*)$")
    model = first_match("/proc/cpuinfo", r"^model name\s*: (.*)$")
    return [
        ("date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", f"{model}, {os.cpu_count()} cores, {'virtual' if virtual else 'bare'} machine"),
        ("kernel", f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}, clock source "
                   + first_match("/sys/devices/system/clocksource/clocksource0/current_clocksource", r"^(\w+)$")),
        ("traces on", said(["stat", "-f", "-c", "%T", str(options.folder)]) or "unknown"),
        ("compiler", compiler[0] if compiler else "unknown"),
        ("interpreter", f"CPython {run([python('gil'), '-E', '-c', 'import platform; print(platform.python_version())']).strip()}"
                        f", built with {flags}"),
        ("Glassbox", said(["git", "-C", str(ROOT), "rev-parse", "--short=10", "HEAD"]) or "not in git"),
        ("load", f"{load[0]:.2f} before, {load[1]:.2f} after (one-minute average; 1.0 is the bench itself)"),
    ]


def figure(value: float, unit: str) -> str:
    if unit == "×":
        return f"{value:.3f}" if value < 10 else f"{value:.1f}"
    if unit in ("events",):
        return f"{value:,.0f} {unit}"
    return f"{value:.2f} {unit}"


def verdict(row: Row) -> str:
    if row.met is None:
        return "too noisy to judge" if row.target else ""
    return "met" if row.met else "**missed**"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows])


def spread(row: Row) -> str:
    if row.low is None or row.high is None:
        return ""
    digits = 3 if row.unit == "×" and row.ratio < 10 else 1
    return f"{row.low:.{digits}f} to {row.high:.{digits}f}"


def write(path: pathlib.Path, options: Options, rows: list[Row], skipped: list[tuple[str, str]],
          programs: list[tuple], counted: dict[str, float], load: tuple[float, float]) -> None:
    parts = ["# What Glassbox costs", "",
             "Made by `make bench`; do not edit. Every figure is a ratio to a peer or a floor of the same run, or is "
             "given beside one.", ""]
    if options.quick:
        parts += ["**A smoke test (`--quick`): too short to mean anything.**", ""]
    parts += [table(["machine", ""], [list(pair) for pair in machine(options, load)]), ""]
    parts += [table(["row", "measured", "figure", "spread", "target", "", "beside it, in the same run"],
                    [[r.name, r.what, figure(r.ratio, r.unit), spread(r), r.target, verdict(r), r.beside] for r in rows]), ""]
    if skipped:
        parts += ["## Not measured", "", table(["row", "why"], [list(pair) for pair in skipped]), ""]
    if programs:
        parts += ["## Hooks off, program by program", "",
                  table(["program", "of", "gil / stock", "spread", "stock / stock", "instructions"],
                        [[name, of, f"{ratio:.3f}", f"{low:.3f} to {high:.3f}", f"{same:.3f}",
                          f"{counted[name]:.3f}" if of == "own" and name in counted else ""]
                         for name, of, ratio, low, high, same in programs]), ""]
    parts += ["## Method", "", METHOD.format(rounds=options.rounds), ""]
    path.write_text("\n".join(parts), encoding="utf-8")
