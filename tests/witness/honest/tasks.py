"""Tasks of asyncio that wait, are cancelled, time out, and leave work to a thread."""

import asyncio
import sys

import glassbox

glassbox.start(sys.argv[1])


async def wait(n):
    for _ in range(4):
        await asyncio.sleep(0.001 * (n % 3))
    return n


async def main():
    done = await asyncio.gather(*[wait(i) for i in range(6)])
    task = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0.001)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    async with asyncio.timeout(5):
        await asyncio.to_thread(sum, range(100))
    async with asyncio.TaskGroup() as group:
        for i in range(3):
            group.create_task(wait(i))
    print(sum(done))


asyncio.run(main())
