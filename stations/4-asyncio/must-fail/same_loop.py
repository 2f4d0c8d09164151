"""Both sides are asyncio's own loop."""
import asyncio
import importlib
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import echo  # noqa: E402


def same_loop(side: str) -> asyncio.AbstractEventLoop:
    """Whatever is asked for."""
    return asyncio.new_event_loop()


echo.new_loop = same_loop
program = importlib.import_module(sys.argv.pop(1))
program.main()
