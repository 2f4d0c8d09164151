"""The answers are awaited."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import slow_blocks  # noqa: E402


async def fetch() -> str:
    """As it is meant to be."""
    await asyncio.sleep(slow_blocks.TAKES)
    return "answer"


slow_blocks.fetch = fetch
slow_blocks.run()
