"""What it takes to start a worker: a thread, an interpreter, a process by fork, a process from nothing.

Each start is over when the worker has answered a first question.  Then some of each kind are kept, and
what memory they have to themselves is read from /proc.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import workers  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


class Spawned(workers.Process):
    """A process that begins from nothing, and imports all it needs."""

    kind = "spawned processes"
    method = "spawn"


KINDS = {workers.Thread: 10, workers.Interpreter: 5, workers.Process: 5, Spawned: 3}  # how often each starts
KEPT = {workers.Thread: 8, workers.Interpreter: 4, workers.Process: 2, Spawned: 1}  # how many at once


def start(kind: type):
    """A worker that has answered."""
    worker = kind("work")
    worker.ask(b"", 0)
    worker.answer()
    return worker


def private_bytes(pid: int) -> int:
    """Memory of a process that it shares with nobody."""
    fields = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in fields if line.startswith("Private_"))


def memory(kind: type) -> int:
    """Bytes that a worker of this kind has to itself."""
    before = private_bytes(os.getpid())
    team = [start(kind) for _ in range(KEPT[kind])]
    if hasattr(team[0], "process"):
        used = sum(private_bytes(each.process.pid) for each in team)
    else:
        used = private_bytes(os.getpid()) - before
    for each in team:
        each.close()
    return used // len(team)


if __name__ == "__main__":
    for Kind in reversed(KINDS):  # processes before threads: who has threads should not fork
        mark(f"memory of {Kind.kind}", memory(Kind))
    for Kind, times in reversed(KINDS.items()):
        for _ in range(times):
            mark("start", Kind.kind)
            worker = start(Kind)
            mark("start", "end")
            worker.close()
