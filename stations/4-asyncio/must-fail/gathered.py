"""All answers are awaited at once."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import slow_sequence  # noqa: E402


async def main() -> list[str]:
    return await asyncio.gather(*(slow_sequence.fetch() for _ in range(slow_sequence.REQUESTS)))


slow_sequence.main = main
slow_sequence.run()
