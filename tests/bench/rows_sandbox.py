"""Rows of the bench for the labs' sandbox: what a run in it costs beside the same run without one, and beside
bubblewrap alone; and what a system call costs inside.

All subjects are started by the same program in C (tests/sandbox/sandbox_run.c), one after the other, and timed there."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from harness import ROOT, CannotMeasure, Failure, Options, Row, in_turn, python

sys.path.insert(0, str(ROOT / "tests" / "sandbox"))
import boxes

CALLS = "import os, time\nbegan = time.perf_counter_ns()\nfor _ in range({count}): os.getppid()\nprint((time.perf_counter_ns() - began) / {count})"


def tell(what: dict) -> dict:
    """What sandbox_run says of an order."""
    if not boxes.RUN.exists():
        made = subprocess.run(["make", "-s", "sandbox-run"], cwd=ROOT, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise CannotMeasure("'make sandbox-run' failed")
    done = subprocess.run([boxes.RUN], input=json.dumps(what), capture_output=True, text=True, check=False)
    said = json.loads(done.stdout) if done.stdout else {}
    if "message" in said:
        raise CannotMeasure(said["message"])
    if done.returncode != 0 or said.get("end") != "exited" or said.get("status") != 0:
        raise Failure(f"a run for the bench failed: {said.get('err') or done.stderr or said}")
    return said


def plain(words: list) -> dict:
    return {"argv": [str(word) for word in words], "environment": ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"], "plain": True}


def under_bubblewrap(words: list) -> dict:
    """The same namespaces and binds, by bubblewrap itself and nothing else."""
    program = "/usr/bin/bwrap"
    if not os.path.exists(program):
        raise CannotMeasure("bubblewrap is not installed")
    box = [program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--ro-bind", "/usr", "/usr", "--dev", "/dev",
           "--tmpfs", "/tmp", "--tmpfs", "/trace"]
    for link in ("/lib", "/lib64"):
        if os.path.exists(link):
            box += ["--ro-bind", link, link]
    for part in ("build/gil", "src/glassbox"):
        box += ["--ro-bind", str(ROOT / "cpython" / part), f"/glassbox/cpython/{part}"]
    return plain([*box, "--", boxes.PYTHON, *words])


def fastest(what: dict, times: int) -> float:
    """Of some runs in a row, in nanoseconds."""
    return float(min(tell(what | {"repeat": times})["each_ns"]))


def row_run(options: Options) -> list[Row]:
    words, times = ["-B", "-P", "-s", "-c", "pass"], 3 if options.quick else 20
    boxed = boxes.order("pass")
    series = in_turn({"bare": lambda: fastest(plain([python("gil"), *words]), times),
                      "bubblewrap": lambda: fastest(under_bubblewrap(words), times),
                      "sandbox": lambda: fastest(boxed, times)}, options.rounds, "a run in the sandbox")
    bare, alone, all_of_it = (series.best(name) / 1e6 for name in ("bare", "bubblewrap", "sandbox"))
    level = tell(boxed)["level"]
    what = f"`python -c pass` in the labs' sandbox at level '{level}', best of {times} runs a round, on one core"
    return [Row("sandbox / bare run", what, all_of_it / bare, *series.spread("sandbox", "bare"),
                beside=f"{all_of_it:.1f} ms, and {bare:.1f} ms without: {all_of_it - bare:.1f} ms a run"),
            Row("sandbox / bubblewrap alone", what, all_of_it / alone, *series.spread("sandbox", "bubblewrap"),
                beside=f"{all_of_it:.1f} ms, and {alone:.1f} ms under bubblewrap with the same namespaces and binds: "
                       f"{all_of_it - alone:.1f} ms for the filter, Landlock, limits, bounded places and the watch")]


def row_call(options: Options) -> Row:
    code = CALLS.format(count=100_000 if options.quick else 1_000_000)
    outside = [str(python("gil")), "-B", "-P", "-s", "-c", code]

    def bare() -> float:
        return float(subprocess.run(outside, capture_output=True, text=True, check=True).stdout)

    series = in_turn({"bare": bare, "sandbox": lambda: float(tell(boxes.order(code))["out"])}, options.rounds, "a call in the sandbox")
    return Row("system call inside / outside", "os.getppid(), a call from Python and its loop included, under the two filters",
               series.ratio("sandbox", "bare"), *series.spread("sandbox", "bare"),
               beside=f"{series.best('sandbox'):.0f} ns inside, {series.best('bare'):.0f} ns outside")


def rows(options: Options) -> list[Row]:
    return [*row_run(options), row_call(options)]
