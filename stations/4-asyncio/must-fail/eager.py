"""Tasks that make their first step as they are made: another order than that of ordinary ones."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import awaits  # noqa: E402


async def main() -> None:
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await awaits.main()


asyncio.run(main())
