"""Runs the learner's service: hands it requests, stops workers at chosen moments, and keeps the books.

What is judged are the events of this run. The books are testimony, compared with the oracle's.
"""

import asyncio

import lab

BITS = 800                # the size of a number: some milliseconds of work that nothing can cut short
NAPS = 8                  # in a row, in which no unit is done: then there is nothing to wait for


class Request:
    """A request: its units are numbered from 0; `done` of them are worked into `value`."""

    def __init__(self, name, units):
        self.name = name
        self.units = units
        self.done = 0
        self.value = 0


class Desk:
    """Where requests come from and answers go to."""

    def __init__(self, requests, stop_after, rounds):
        self._waiting = asyncio.Queue()
        for request in requests:
            self._waiting.put_nowait(request)
        self._open = {request.name for request in requests}
        self._stop_after = stop_after
        self._rounds = rounds
        self.worked = 0
        self.stop = None             # what to call when that many units are done
        self.all_answered = asyncio.get_running_loop().create_future()
        self.answers = {}
        self.returned = []

    async def next(self):
        """The next request; waits until there is one."""
        return await self._waiting.get()

    def unit(self, request):
        """Works on the next unit of a request, for some milliseconds: its number. Counts it as done."""
        number = work_on(request.name, request.done)
        request.done += 1
        self.worked += 1
        if self.worked == self._stop_after and self.stop is not None:
            asyncio.get_running_loop().call_soon(self.stop)
        return number

    def answer(self, request):
        """Hands in a request of which every unit is done."""
        if request.done != request.units or request.name not in self._open:
            raise ValueError(f"request {request.name} is not ready, or was answered before")
        self._open.remove(request.name)
        self.answers[request.name] = request.value
        if not self._open:
            self.all_answered.set_result(None)

    def give_back(self, request):
        """Puts a request back, with what is done of it, for another worker."""
        self.returned.append(request.name)
        self._waiting.put_nowait(request)

    async def leave(self):
        """A worker signs off. It takes some turns of the loop."""
        for _ in range(self._rounds):
            await asyncio.sleep(0)


def work_on(name, number):
    """One unit: a number that cannot be had for less."""
    base = 3 + 2 * number + sum(name.encode()) + lab.parameter("salt")
    return pow(base, (1 << BITS) - 5, (1 << BITS) - 1) % 1_000_003


def end(*tasks):
    """Asks workers to end."""
    for task in tasks:
        task.cancel()


async def until(desk, *awaited):
    """Wait for tasks, or futures, as long as anybody gets on with the work.

    How long that takes is no matter: a nap of this watch lasts a round of the loop at least, and in a round everybody who is
    ready has a turn, however busy the machine is.
    """
    loop = asyncio.get_running_loop()
    given_up = loop.create_future()

    def look(before, naps):
        if not given_up.done() and naps < NAPS:
            loop.call_later(0.02, look, desk.worked, naps + 1 if desk.worked == before else 0)
        elif not given_up.done():
            given_up.set_result(None)

    look(desk.worked, 0)
    waits = asyncio.gather(*awaited, return_exceptions=True)
    await asyncio.wait({waits, given_up}, return_when=asyncio.FIRST_COMPLETED)
    given_up.cancel()


async def conduct(work, desk):
    """The day: two workers, one of which is stopped at its work; another takes over; then all are sent home."""
    first, second = (asyncio.create_task(work.serve(desk), name=f"worker {i}") for i in (1, 2))
    desk.stop = lambda: end(first)
    await until(desk, first)
    third = asyncio.create_task(work.serve(desk), name="worker 3")
    await until(desk, desk.all_answered)
    end(second, third)
    await until(desk, second, third)
    fourth = asyncio.create_task(work.serve(desk), name="worker 4")
    end(fourth)
    await until(desk, fourth)


def main():
    with lab.part("warm"):                   # so that these functions are known before the learner's are
        asyncio.run(warm())
    work = lab.load()
    requests = [Request(name, lab.parameter("units") + i) for i, name in enumerate("abcd")]
    desk = None

    async def day():
        nonlocal desk
        desk = Desk(requests, lab.parameter("stop"), lab.parameter("rounds"))
        await conduct(work, desk)

    with lab.part("service"):
        asyncio.run(day())
    lab.observe("answers", desk.answers)
    lab.observe("returned", len(desk.returned))


async def warm():
    desk = Desk([Request("warm", 1)], 0, 1)
    request = await desk.next()
    desk.unit(request)
    desk.answer(request)
    desk.give_back(request)
    await desk.leave()


lab.main(main)
