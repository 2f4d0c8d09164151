"""Slow, and why? Three thousand numbers are doubled, by a task each."""
import asyncio

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

NUMBERS = 3000
PIECE = 1  # numbers a task


async def double(numbers: range) -> list[int]:
    """So little work."""
    return [number * 2 for number in numbers]


async def main() -> None:
    pieces = (range(first, first + PIECE) for first in range(0, NUMBERS, PIECE))
    await asyncio.gather(*(asyncio.create_task(double(piece)) for piece in pieces))


def run() -> None:
    mark("form", "sync")
    doubled = [number * 2 for number in range(NUMBERS)]
    mark("form", "async")
    asyncio.run(main())
    mark("form", "end")
    print(len(doubled), "numbers")


if __name__ == "__main__":
    run()
