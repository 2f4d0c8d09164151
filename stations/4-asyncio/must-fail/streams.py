"""The server reads and writes by streams, which are Python of asyncio's under whatever loop."""
import asyncio
import os
import pathlib
import socket
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import echo  # noqa: E402


async def serve(side: str, mark) -> tuple[float, float]:
    """As echo.py's, with a task for each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen, ended = 0, asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while data := await reader.read(256):
            writer.write(data)
            await writer.drain()
            seen += 1
            if seen == echo.WARM:
                mark("echo", side)
            elif seen == echo.WARM + echo.MESSAGES:
                mark("echo", "end")
        writer.close()
        if not ended.done():
            ended.set_result(None)

    server = await asyncio.start_server(talk, sock=listener)
    child = os.fork()
    if child == 0:
        echo.client(listener.getsockname())
        os._exit(0)
    await ended
    server.close()
    os.waitpid(child, 0)
    return 0.0, 0.0


echo.serve = serve
echo.main()
