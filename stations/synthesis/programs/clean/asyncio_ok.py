"""Producers and consumers on one loop. Everybody waits by await, and no step takes long."""

import asyncio

PRODUCERS = 8
ITEMS = 2_500


async def produce(queue: asyncio.Queue, first: int) -> None:
    for item in range(first, first + ITEMS):
        if item % 100 == 0:
            await asyncio.sleep(0.01)
        await queue.put(item)


async def consume(queue: asyncio.Queue) -> int:
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    return total


async def main() -> None:
    queue: asyncio.Queue = asyncio.Queue(maxsize=16)
    consumers = [asyncio.create_task(consume(queue)) for _ in range(4)]
    await asyncio.gather(*(produce(queue, number * ITEMS) for number in range(PRODUCERS)))
    for _ in consumers:
        await queue.put(None)
    print(sum(await asyncio.gather(*consumers)))


asyncio.run(main())
