"""The task inside is awaited without a shield."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import cancel  # noqa: E402


async def guards(inner: asyncio.Task) -> str:
    """Wait for a task, and hand every request on to it."""
    return await inner


async def main() -> None:
    cancel.guards = guards
    loop = asyncio.get_running_loop()
    cancel.mark("cancel", "shielded")
    inner = asyncio.create_task(cancel.works(loop.create_future()), name="inner")
    outer = asyncio.create_task(cancel.guards(inner), name="outer")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    outer.cancel()
    print("without a shield:", await cancel.outcome(outer), await cancel.outcome(inner))
    cancel.mark("cancel", "end")


asyncio.run(main())
