"""A loop that is stalled: one task calls time.sleep(), and another one wants to tick.

With the argument "debug" the loop is in debug mode, and warns of it.
"""
import asyncio
import sys
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

STALL = 0.15  # seconds; the warning comes from 0.1 on
TICK = 0.01
TICKS = 5


async def ticks() -> None:
    """Do next to nothing, now and then."""
    for _ in range(TICKS):
        await asyncio.sleep(TICK)


async def stalls() -> None:
    """Sleep, and let nobody else run."""
    await asyncio.sleep(TICK * 1.5)
    time.sleep(STALL)


async def main() -> None:
    mark("tick", TICK)
    mark("stall", "begin")
    await asyncio.gather(
        asyncio.create_task(ticks(), name="ticks"),
        asyncio.create_task(stalls(), name="stalls"),
    )
    mark("stall", "end")


if __name__ == "__main__":
    asyncio.run(main(), debug=sys.argv[1:] == ["debug"])
    print("done")
