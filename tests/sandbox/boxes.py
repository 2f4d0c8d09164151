"""What the tests of the sandbox share: a run of one's own Python in it, as any user, and a look at what it left."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(os.environ.get("GLASSBOX_ROOT") or pathlib.Path(__file__).resolve().parents[2])
RUN = ROOT / "build" / "tests" / "sandbox" / "sandbox_run"
PYTHON = "/glassbox/cpython/build/gil/python"
NOBODY = 65534
MARK = f"/mark-{os.getpid()}"            # a writable place that only these runs have: by it they are known
LIMITS = {"wall_ms": 20000, "cpu_ms": 20000, "memory_bytes": 512 << 20, "output_bytes": 64 << 10, "processes": 8,
          "disk_bytes": 32 << 20, "disk_files": 64, "open_files": 64}


def order(code: str, *, work: str | None = None, limits: dict | None = None, **more) -> dict:
    """What to run: a line or a page of Python."""
    binds = [[str(ROOT / "cpython" / part), f"/glassbox/cpython/{part}", True] for part in ("build/gil", "src/glassbox")]
    if work is not None:
        binds.append([work, "/learner", False])
    return {"argv": [PYTHON, "-B", "-P", "-s", "-c", code], "environment": [], "folder": "/tmp",
            "binds": binds, "writable": ["/tmp", "/trace", MARK], "limits": LIMITS | (limits or {})} | more


def start(what: dict, *, user: int | None = None) -> subprocess.Popen:
    ids = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    process = subprocess.Popen([RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True, **ids)
    process.stdin.write(json.dumps(what))
    process.stdin.close()
    process.stdin = None
    return process


def finish(process: subprocess.Popen, timeout_s: float = 60) -> dict:
    try:
        said, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said, errors = process.communicate()
    if not said:
        raise AssertionError(f"the sandbox said nothing, status {process.returncode}: {errors}")
    return json.loads(said)


def run(code: str, *, user: int | None = None, **more) -> dict:
    return finish(start(order(code, **more), user=user))


def ours() -> dict[int, str]:
    """Every process of a sandbox of these tests that lives (zombies do not), with its name: all of them have a mount, or a
    word, with our mark."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            place = pathlib.Path("/proc", entry)
            try:
                state = place.joinpath("stat").read_text().rpartition(")")[2].split()[0]
                words = place.joinpath("cmdline").read_bytes()
                marked = MARK.encode() in words or MARK in place.joinpath("mountinfo").read_text()
            except OSError:
                continue
            if state not in "ZX" and marked:
                found[int(entry)] = words.split(b"\0")[0].decode(errors="replace")
    return found
