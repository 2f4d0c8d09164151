"""How much a second of work is good for: callbacks, timers and messages, the two sides by turns, nothing recorded.

A second of work is a second of this process's own: what else the machine does is not counted.
"""
import asyncio
import pathlib
import sys
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import echo  # noqa: E402

ROUNDS = 7
CALLBACKS, TIMERS, MESSAGES = 6000, 3000, 800


def silent(name: str, side: str) -> None:
    """In place of a mark."""


class Count:
    """Calls, until there are enough of them."""

    def __init__(self, most: int, then: Callable[[], None] | None = None):
        self.left, self.then = most, then
        self.enough = asyncio.get_running_loop().create_future()

    def __call__(self) -> None:
        self.left -= 1
        if not self.left:
            self.enough.set_result(None)
        elif self.then:
            self.then(self)


async def callbacks() -> float:
    """Callbacks, each of which asks for the next one."""
    loop = asyncio.get_running_loop()
    count = Count(CALLBACKS, loop.call_soon)
    begun = time.process_time()
    loop.call_soon(count)
    await count.enough
    return CALLBACKS / (time.process_time() - begun)


async def timers() -> float:
    """Timers, all of them due at once."""
    loop = asyncio.get_running_loop()
    count = Count(TIMERS)
    begun = time.process_time()
    for number in range(TIMERS):
        loop.call_later(number * 1e-6, count)
    await count.enough
    return TIMERS / (time.process_time() - begun)


async def messages() -> float:
    """Messages, as echo.py has them."""
    _, work = await echo.serve("", silent)
    return MESSAGES / work


def main() -> None:
    echo.MESSAGES = MESSAGES
    for _ in range(ROUNDS):
        for name, side in zip(echo.SIDES, sys.argv[1:] or echo.SIDES):
            loop = echo.new_loop(side)
            for what in callbacks, timers, messages:
                print(what.__name__, name, round(loop.run_until_complete(what())))
            loop.close()


if __name__ == "__main__":
    main()
