"""A request is swallowed, and never taken back: it stays in the task's count."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import cancel  # noqa: E402


async def deaf() -> str:
    """Swallow the request, and go on."""
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        pass
    await asyncio.sleep(0)
    return "heard nothing"


cancel.deaf = deaf
asyncio.run(cancel.main())
