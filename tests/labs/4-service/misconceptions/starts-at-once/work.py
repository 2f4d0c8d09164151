"""Lab 4, create_task() runs up to the first await: so let it be."""

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


async def serve(desk):
    request = None
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    try:
        while True:
            request = await desk.next()
            while request.done < request.units:
                for _ in range(min(MOST, request.units - request.done)):
                    request.value = joined(request.value, desk.unit(request))
                await asyncio.sleep(0)
            desk.answer(request)
            request = None
    finally:
        if request is not None:
            desk.give_back(request)
        await desk.leave()
