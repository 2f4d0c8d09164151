"""Whoever is cancelled returns without another await: the request never lands."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import cancel  # noqa: E402


async def cancels_itself() -> str:
    """Ask for its own end, and be done before that can come."""
    asyncio.current_task().cancel()
    cancel.mark("still", "running")
    return "done"


cancel.cancels_itself = cancels_itself
asyncio.run(cancel.main())
