"""asyncio: tasks, queues, gather, locks; all on one loop, none of them waits for the clock."""

import asyncio


async def producer(queue, n):
    for i in range(n):
        await queue.put(i)
    await queue.put(None)


async def consumer(queue, lock, totals):
    while (item := await queue.get()) is not None:
        async with lock:
            totals.append(item)


async def leaf(depth):
    if depth == 0:
        await asyncio.sleep(0)
        return 1
    return sum(await asyncio.gather(leaf(depth - 1), leaf(depth - 1)))


async def main():
    queue, lock, totals = asyncio.Queue(8), asyncio.Lock(), []
    await asyncio.gather(producer(queue, 400), consumer(queue, lock, totals))
    return sum(totals) + await leaf(7)


def run():
    return asyncio.run(main())
