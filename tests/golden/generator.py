"""A generator that is made, resumed, delegates, is closed early; and a coroutine that awaits."""
# record: events=frame+mark
import glassbox


def inner():
    yield 1
    yield 2


def outer():
    yield from inner()
    yield 3


async def leaf():
    return 4


async def root():
    return await leaf()


glassbox.mark("begin")
list(outer())
early = outer()
next(early)
early.close()
try:
    root().send(None)
except StopIteration:
    pass
glassbox.mark("end")
