"""An echo server and a hundred timers: under asyncio's own loop, and under uvloop.

The server is one protocol and nothing else. Its client is another process with some connections over
loopback, which sends a line on each of them and then waits for all answers. Marks stand around the
messages after the first few.
"""
import asyncio
import os
import socket
import sys
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

CONNECTIONS = 4
WARM, MESSAGES = 40, 400  # of all connections together
TIMERS, LAST = 100, 0.02  # how many, and seconds until the last of them
LINE = b"x" * 64
SIDES = ("asyncio", "uvloop")


def new_loop(side: str) -> asyncio.AbstractEventLoop:
    """A loop of this side."""
    if side == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def clocks() -> tuple[float, float]:
    """Seconds: on the wall, and of this process's own work."""
    return time.perf_counter(), time.process_time()


class Echo(asyncio.Protocol):
    """What comes in goes out."""

    seen = 0
    begun = ended = (0.0, 0.0)

    def __init__(self, side: str, mark, done: asyncio.Future):
        self.side, self.mark, self.done = side, mark, done

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)
        Echo.seen += 1
        if Echo.seen == WARM:
            self.mark("echo", self.side)
            Echo.begun = clocks()
        elif Echo.seen == WARM + MESSAGES:
            Echo.ended = clocks()
            self.mark("echo", "end")

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def client(address: tuple) -> None:
    """The other process: some connections, all at once."""
    lines = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    for _ in range((WARM + MESSAGES) // CONNECTIONS):
        for line in lines:
            line.sendall(LINE)
        for line in lines:
            line.recv(len(LINE))


async def serve(side: str, mark) -> tuple[float, float]:
    """Answer one client; the seconds that the messages after the first few took, and those of work."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    done = loop.create_future()
    Echo.seen = 0
    server = await loop.create_server(lambda: Echo(side, mark, done), sock=listener)
    child = os.fork()
    if child == 0:
        client(listener.getsockname())
        os._exit(0)
    await done
    server.close()
    os.waitpid(child, 0)
    return Echo.ended[0] - Echo.begun[0], Echo.ended[1] - Echo.begun[1]


async def wait_for_timers(side: str, mark) -> None:
    """A hundred timers, evenly spread."""
    loop = asyncio.get_running_loop()
    last = loop.create_future()
    fired = 0

    def fire() -> None:
        nonlocal fired
        fired += 1
        if fired == TIMERS:
            last.set_result(None)

    mark("timers", side)
    for number in range(TIMERS):
        loop.call_later(LAST * (number + 1) / TIMERS, fire)
    await last
    mark("timers", "end")


def both(side: str, mark) -> None:
    """The server and the timers under one loop."""
    loop = new_loop(side)
    try:
        loop.run_until_complete(serve(side, mark))
        loop.run_until_complete(wait_for_timers(side, mark))
    finally:
        loop.close()


def main() -> None:
    mark("messages", MESSAGES)
    mark("timers", TIMERS)
    for side in sys.argv[1:] or SIDES:
        both(side, mark)
        print(side, "has answered", MESSAGES, "messages")


if __name__ == "__main__":
    main()
