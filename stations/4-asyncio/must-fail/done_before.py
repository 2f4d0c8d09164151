"""The future has its result before anybody awaits it: there is nothing to wait for."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import awaits  # noqa: E402


async def sets(future: asyncio.Future) -> None:
    """Come too late."""
    await asyncio.sleep(0)


async def main() -> None:
    future = asyncio.get_running_loop().create_future()
    future.set_result(7)
    awaits.mark("await", "begin")
    waiter = asyncio.create_task(awaits.waits(future), name="waiter")
    await waiter
    awaits.mark("await", "end")


asyncio.run(main())
