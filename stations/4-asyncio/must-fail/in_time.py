"""The time is not over when the work is done: nobody is asked to end."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import cancel  # noqa: E402


async def limited() -> str:
    """Be done in time."""
    async with asyncio.timeout(5):
        await asyncio.sleep(0.001)
    return "in time"


cancel.limited = limited
asyncio.run(cancel.main())
