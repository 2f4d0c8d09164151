"""Lab 4, shield() lets the work end in peace."""

import asyncio

JOIN = "{{join}}"
MODULUS = {{modulus}}
MOST = {{most}}


def joined(value, number):
    if JOIN == "add":
        return (value + number) % MODULUS
    if JOIN == "shift":
        return (value * 31 + number) % MODULUS
    return (number - value) % MODULUS


async def answer(desk, request):
    while request.done < request.units:
        for _ in range(min(MOST, request.units - request.done)):
            request.value = joined(request.value, desk.unit(request))
        await asyncio.sleep(0)
    desk.answer(request)
    await audit()


async def audit():
    """Waits for the evening's post, which comes when it comes."""
    await asyncio.Event().wait()


async def serve(desk):
    request = None
    try:
        while True:
            request = await desk.next()
            while request.done < request.units:
                await asyncio.shield(answer(desk, request))
            request = None
    finally:
        await desk.leave()
