"""Lab 4: a worker of a service. See task.md for what the desk has."""

JOIN = "{{join}}"
MODULUS = {{modulus}}
MOST = {{most}}                # units in one step, at most


async def serve(desk):
    """Answer requests, one after another, until somebody cancels you."""
    while True:
        request = await desk.next()
        value = 0
        while request.done < request.units:
            number = desk.unit(request)
            value = value + number          # TODO: join them as the task asks
            # TODO: let others have their turn
        request.value = value
        desk.answer(request)
        # TODO: what if you are cancelled, here or above?
