"""Forty customers ask at once. For each an old library is asked, which waits for its answer."""

import asyncio
import time

CUSTOMERS = 40
LATENCY_S = 0.01


def look_up(customer: int) -> int:
    """Stands for a driver that knows nothing of asyncio: it returns when the answer is there."""
    time.sleep(LATENCY_S)
    return customer * customer


async def serve(customer: int) -> int:
    await asyncio.sleep(0)
    return look_up(customer)  # fault: the loop stands still for as long


async def main() -> None:
    print(sum(await asyncio.gather(*[serve(customer) for customer in range(CUSTOMERS)])))


asyncio.run(main())
