"""Lab 4, time.sleep() gives the loop its turn back."""

import asyncio
import time

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
    try:
        while True:
            request = await desk.next()
            while request.done < request.units:
                for _ in range(min(MOST, request.units - request.done)):
                    request.value = joined(request.value, desk.unit(request))
                await asyncio.sleep(0)
                if request.done + MOST >= request.units:
                    time.sleep(0.15)            # the others may catch up
            desk.answer(request)
            request = None
    finally:
        if request is not None:
            desk.give_back(request)
        await desk.leave()
