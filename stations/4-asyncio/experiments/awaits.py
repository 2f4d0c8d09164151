"""From an await to the callback: a task waits for a future, and another one sets its result.

With the argument "python" the tasks and futures are those in Python, in Lib/asyncio; without, those in C.
"""
import sys

if sys.argv[1:] == ["python"]:
    sys.modules["_asyncio"] = None  # nobody can import it now

import asyncio  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


async def waits(future: asyncio.Future) -> int:
    """The task that it is all about."""
    return await future


async def sets(future: asyncio.Future) -> None:
    """Give the future its result, and go on for a moment."""
    future.set_result(7)
    mark("set", "and goes on")


async def fails() -> None:
    """Give way once, and then raise something."""
    await asyncio.sleep(0)
    raise LookupError("nothing here")


async def main() -> None:
    loop = asyncio.get_running_loop()
    mark("await", "begin")
    future = loop.create_future()
    waiter = asyncio.create_task(waits(future), name="waiter")
    setter = asyncio.create_task(sets(future), name="setter")
    print("the waiter has", await waiter)
    await setter
    mark("await", "more")
    failing = asyncio.create_task(fails(), name="failing")
    never = asyncio.create_task(waits(loop.create_future()), name="never")
    try:
        await failing
    except LookupError as error:
        print("the failing one has raised:", error)
    never.cancel()
    await asyncio.gather(never, return_exceptions=True)
    mark("await", "end")


if __name__ == "__main__":
    asyncio.run(main())
