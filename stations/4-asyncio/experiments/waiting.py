"""Eight tasks that one event wakes all at once: who has a turn when, and for how long everybody waits for it."""
import asyncio
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

TASKS = 8
TURN = 0.0005  # seconds that each of them computes


def compute(seconds: float) -> None:
    """Be busy for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def takes_a_turn(start: asyncio.Event) -> None:
    """Wait to be woken, and then compute."""
    await start.wait()
    compute(TURN)


async def main() -> None:
    start = asyncio.Event()
    tasks = [asyncio.create_task(takes_a_turn(start), name=f"turn-{number}") for number in range(1, TASKS + 1)]
    await asyncio.sleep(0)
    mark("turns", "begin")
    start.set()
    await asyncio.gather(*tasks)
    mark("turns", "end")
    print(TASKS, "tasks had their turns")


def run(loop_factory=None) -> None:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


if __name__ == "__main__":
    run()
