"""A program of N tasks' steps or N exports: shared.py WORK N REPS

Prints the nanoseconds of the best of REPS loops. WORK:
  steps    one task, N times `await asyncio.sleep(0)`: a step and an iteration of the loop each
  pairs    two tasks that wake each other by a future, N times: a wake-up and a step each
  exports  a memoryview of one bytearray, made and released, N times
  joined   bytes.join of two bytearrays, N times: two exports each, without a memoryview
Any Python of this version runs it; a recording is asked for from outside, -X glassbox=...
"""

import asyncio
import sys
from itertools import repeat
from time import perf_counter_ns


async def steps(n):
    sleep = asyncio.sleep
    for _ in repeat(None, n):
        await sleep(0)


async def pairs(n):
    loop = asyncio.get_running_loop()
    turn = [loop.create_future(), loop.create_future()]
    turn[0].set_result(None)

    async def one(me):
        for _ in repeat(None, n // 2):
            await turn[me]
            turn[me] = loop.create_future()
            turn[1 - me].set_result(None)

    await asyncio.gather(one(0), one(1))


def exports(n):
    memory = bytearray(64)
    for _ in repeat(None, n):
        memoryview(memory).release()


def joined(n):
    join, memories = b"".join, [bytearray(8), bytearray(8)]
    for _ in repeat(None, n):
        join(memories)


def measured(work, n):
    """The nanoseconds of one loop; a loop of asyncio is made before and closed after."""
    if work in (exports, joined):
        began = perf_counter_ns()
        work(n)
        return perf_counter_ns() - began

    async def timed():
        began = perf_counter_ns()
        await work(n)
        return perf_counter_ns() - began

    return asyncio.run(timed())


def main():
    works = {work.__name__: work for work in (steps, pairs, exports, joined)}
    work, n, reps = works[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
    measured(work, max(2, n // 100))                   # specialized, caches filled
    print(min(measured(work, n) for _ in range(reps)))


main()
