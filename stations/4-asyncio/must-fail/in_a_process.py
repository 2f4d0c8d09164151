"""The sums are done by another process, while the loop waits."""
import asyncio
import os
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import slow_computes  # noqa: E402

TIMES = 10  # as much work: next to it the fork is nothing


async def main() -> None:
    """Have a child do all of it."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        for _ in range(TIMES * slow_computes.WORKERS):
            slow_computes.work()
        os.write(outlet, b".")
        os._exit(0)
    done = asyncio.Event()
    asyncio.get_running_loop().add_reader(inlet, done.set)
    await done.wait()
    asyncio.get_running_loop().remove_reader(inlet)
    os.waitpid(child, 0)


slow_computes.main = main
slow_computes.run()
