"""Slow, and why? Six answers by six tasks, which ask for them in the way that they always have."""
import asyncio
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

REQUESTS = 6
TAKES = 0.005


def ask() -> str:
    """As a library does it that knows nothing of asyncio."""
    time.sleep(TAKES)
    return "answer"


async def fetch() -> str:
    return ask()


async def main() -> list[str]:
    tasks = [asyncio.create_task(fetch(), name=f"fetch-{number}") for number in range(REQUESTS)]
    return await asyncio.gather(*tasks)


def run() -> None:
    mark("form", "sync")
    for _ in range(REQUESTS):
        ask()
    mark("form", "async")
    asyncio.run(main())
    mark("form", "end")


if __name__ == "__main__":
    run()
