"""Tasks that are done by the time somebody asks them to end."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import cancel  # noqa: E402


async def sleeps() -> str:
    """Do not."""
    return "awake"


cancel.sleeps = sleeps
asyncio.run(cancel.main())
