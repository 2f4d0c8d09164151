"""The tasks are woken one by one, each when the one before it has had its turn."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import waiting  # noqa: E402


async def main() -> None:
    starts = [asyncio.Event() for _ in range(waiting.TASKS)]
    tasks = [asyncio.create_task(waiting.takes_a_turn(start), name=f"turn-{number}")
             for number, start in enumerate(starts, 1)]
    await asyncio.sleep(0)
    waiting.mark("turns", "begin")
    for start, task in zip(starts, tasks):
        start.set()
        await task
    waiting.mark("turns", "end")


asyncio.run(main())
