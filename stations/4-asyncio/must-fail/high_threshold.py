"""Debug mode, and a loop that finds nothing slow below ten seconds."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import stalled  # noqa: E402


async def main() -> None:
    asyncio.get_running_loop().slow_callback_duration = 10
    await stalled.main()


asyncio.run(main(), debug=True)
