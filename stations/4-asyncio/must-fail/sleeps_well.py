"""The task that stalls the loop awaits its sleep in place of it."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import stalled  # noqa: E402


async def stalls() -> None:
    """Sleep, and let others run."""
    await asyncio.sleep(stalled.TICK * 1.5)
    await asyncio.sleep(stalled.STALL)


stalled.stalls = stalls
asyncio.run(stalled.main(), debug=sys.argv[1:] == ["debug"])
