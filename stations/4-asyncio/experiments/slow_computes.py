"""Slow, and why? Four sums, first one after another, then by four tasks."""
import asyncio

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

WORKERS = 4
STEPS = 60_000


def work() -> int:
    """Add up some numbers."""
    total = 0
    for number in range(STEPS):
        total += number
    return total


async def worker() -> int:
    return work()


async def main() -> list[int]:
    tasks = [asyncio.create_task(worker(), name=f"worker-{number}") for number in range(WORKERS)]
    return await asyncio.gather(*tasks)


def run() -> None:
    mark("form", "sync")
    for _ in range(WORKERS):
        work()
    mark("form", "async")
    asyncio.run(main())
    mark("form", "end")


if __name__ == "__main__":
    run()
