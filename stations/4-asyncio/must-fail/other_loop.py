"""The ticks are another loop's, in another thread: nobody waits for the one that is stalled."""
import asyncio
import pathlib
import sys
import threading

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import stalled  # noqa: E402


async def main() -> None:
    stalled.mark("tick", stalled.TICK)
    other = threading.Thread(target=asyncio.run, args=(stalled.ticks(),))
    stalled.mark("stall", "begin")
    other.start()
    await asyncio.create_task(stalled.stalls(), name="stalls")
    stalled.mark("stall", "end")
    other.join()


asyncio.run(main())
