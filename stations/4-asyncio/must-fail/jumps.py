"""A loop that puts whoever is woken at the head of the queue."""
import asyncio
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import waiting  # noqa: E402


class Jumps(asyncio.SelectorEventLoop):
    """Last come, first served."""

    def call_soon(self, callback, *args, context=None):
        handle = super().call_soon(callback, *args, context=context)
        self._ready.rotate(1)
        return handle


waiting.run(Jumps)
