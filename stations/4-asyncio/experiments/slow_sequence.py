"""Slow, and why? Eight answers that take ten milliseconds each."""
import asyncio
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

REQUESTS = 8
TAKES = 0.01


async def fetch() -> str:
    """Ask somebody far away."""
    await asyncio.sleep(TAKES)
    return "answer"


async def main() -> list[str]:
    return [await fetch() for _ in range(REQUESTS)]


def run() -> None:
    mark("form", "sync")
    for _ in range(REQUESTS):
        time.sleep(TAKES)
    mark("form", "async")
    asyncio.run(main())
    mark("form", "end")


if __name__ == "__main__":
    run()
