"""Six ways to be cancelled: before the first step, at an await, while running, shielded, deaf, and by a timeout."""
import asyncio

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


async def sleeps() -> str:
    """Wait for long."""
    await asyncio.sleep(10)
    return "slept"


async def cancels_itself() -> str:
    """Ask for its own end, and see that it goes on until the next await."""
    asyncio.current_task().cancel()
    mark("still", "running")
    await asyncio.sleep(10)
    return "slept"


async def works(future: asyncio.Future) -> str:
    """What is shielded."""
    return await future


async def guards(inner: asyncio.Task) -> str:
    """Wait for a task that is not to be cancelled."""
    return await asyncio.shield(inner)


async def deaf() -> str:
    """Swallow the request, take it back, and go on."""
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()
    await asyncio.sleep(0)
    return "heard nothing"


async def limited() -> str:
    """Wait for long, but not too long."""
    try:
        async with asyncio.timeout(0.005):
            await asyncio.sleep(10)
    except TimeoutError:
        return "too late"
    return "slept"


async def outcome(task: asyncio.Task) -> str:
    """How it ended, in words."""
    try:
        return f"returned {await task!r}"
    except asyncio.CancelledError:
        return "cancelled"


async def main() -> None:
    loop = asyncio.get_running_loop()

    mark("cancel", "before the first step")
    task = asyncio.create_task(sleeps(), name="new")
    task.cancel()
    print("before the first step:", await outcome(task))

    mark("cancel", "at an await")
    task = asyncio.create_task(sleeps(), name="waiting")
    await asyncio.sleep(0)
    task.cancel()
    print("at an await:", await outcome(task))

    mark("cancel", "while it runs")
    task = asyncio.create_task(cancels_itself(), name="running")
    print("while it runs:", await outcome(task))

    mark("cancel", "shielded")
    future = loop.create_future()
    inner = asyncio.create_task(works(future), name="inner")
    outer = asyncio.create_task(guards(inner), name="outer")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    outer.cancel()
    print("shielded, outside:", await outcome(outer))
    future.set_result("all of it")
    print("shielded, inside:", await outcome(inner))

    mark("cancel", "swallowed")
    task = asyncio.create_task(deaf(), name="deaf")
    await asyncio.sleep(0)
    task.cancel()
    print("swallowed:", await outcome(task))

    mark("cancel", "with a timeout")
    task = asyncio.create_task(limited(), name="limited")
    print("with a timeout:", await outcome(task))
    mark("cancel", "end")


if __name__ == "__main__":
    asyncio.run(main())
