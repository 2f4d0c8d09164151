"""A task that waits, is asked to end, swallows that, and returns; and the diagram of its first await."""
# record: events=aio+mark
# task: deaf
import asyncio


async def deaf(future):
    try:
        await future
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()
    await asyncio.sleep(0)
    return "heard nothing"


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(deaf(future), name="deaf")
    await asyncio.sleep(0)
    future.set_result(7)
    await asyncio.sleep(0)
    task.cancel()
    await task


asyncio.run(main())
