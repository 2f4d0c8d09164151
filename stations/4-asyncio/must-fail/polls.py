"""The waiter does not await the future: it asks again and again whether it is done."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import awaits  # noqa: E402


async def polls(future: asyncio.Future) -> int:
    """Look, and look again."""
    while not future.done():
        await asyncio.sleep(0)
    return future.result()


awaits.waits = polls
asyncio.run(awaits.main())
