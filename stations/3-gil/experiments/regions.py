"""Who is fastest, for how much work on how much data: threads, interpreters or processes?

Two workers of each kind get the same data and do the same work.  The whole table is measured again and
again, until nothing in it gets better, or it has taken long enough.
"""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import workers  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

WORKERS = 2
STEPS = (300, 3_000, 30_000, 100_000, 300_000)  # of work for each worker
SIZES = (100, 100_000, 1_000_000, 8_000_000)  # bytes for each worker
ROUNDS = 3  # at least
SECONDS = 2.0  # at most, unless so many rounds take longer
BETTER = 0.9  # what counts as better


def once(team: list, data: bytes, steps: int) -> float:
    """All workers of a team at once; returns the seconds that it took."""
    mark("cell", f"{team[0].kind} {steps} {len(data)}")
    begin = time.perf_counter()
    for each in team:
        each.ask(data, steps)
    for each in team:
        each.answer()
    took = time.perf_counter() - begin
    mark("cell", "end")
    return took


def round_of_all(teams: list, best: dict) -> bool:
    """Measure every cell once, by every kind; whether any of them was better than ever before."""
    better = False
    for size in SIZES:
        data = b"x" * size
        for steps in STEPS:
            for team in teams:
                key = team[0].kind, steps, size
                took = once(team, data, steps)
                better = better or took < BETTER * best.get(key, 1e9)
                best[key] = min(took, best.get(key, 1e9))
    return better


def main(kinds=(workers.Process, workers.Interpreter, workers.Thread)):
    teams = [[Kind("work", number) for number in range(WORKERS)] for Kind in kinds]
    for team in teams:  # everybody is awake
        for each in team:
            each.ask(b"", 0)
            each.answer()
    best: dict = {}
    rounds, until, better = 0, time.monotonic() + SECONDS, True
    while rounds < ROUNDS or (better and time.monotonic() < until):
        better = round_of_all(teams, best)
        rounds += 1
    for team in teams:
        for each in team:
            each.close()


if __name__ == "__main__":
    main()
