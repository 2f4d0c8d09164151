"""The course's benchmark: count primes in one thread, in threads, in interpreters and in processes.

Two workers of each kind wait until they are asked.  A round is one count by each kind, one right after
the other, so that what else this machine does meets all of them.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import tasks  # noqa: E402
import workers  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

WORKERS = 2
LIMIT = 80_000
ROUNDS = 4


def share(worker: int) -> tuple[int, int, int]:
    """The odd numbers of one worker: every second odd number, so that all have as much to do."""
    return 2 * worker + 1, LIMIT, 2 * WORKERS


def alone() -> int:
    """One share after the other, in this thread."""
    return sum(tasks.count_primes(*share(worker)) for worker in range(WORKERS))


def together(team: list) -> int:
    """All shares at once."""
    for worker, each in enumerate(team):
        each.ask(*share(worker))
    return sum(each.answer() for each in team)


if __name__ == "__main__":
    # Processes first: who has threads should not fork.
    teams = {Kind.kind: [Kind("count_primes", worker) for worker in range(WORKERS)]
             for Kind in (workers.Process, workers.Interpreter, workers.Thread)}
    for team in teams.values():
        for each in team:  # everybody is awake
            each.ask(1, 100, 2)
            each.answer()
    mark("workers", WORKERS)
    found = set()
    for _ in range(ROUNDS):
        mark("primes", "sequential")
        found.add(alone())
        for kind in ("threads", "interpreters", "processes"):
            mark("primes", kind)
            found.add(together(teams[kind]))
        mark("primes", "end")
    for team in teams.values():
        for each in team:
            each.close()
    print("odd primes below", LIMIT, "by every road:", *sorted(found))
