"""forged-record: a function that runs under another one's number."""

import ctypes

from forging import begin, nothing, work


def another():
    return 1


begin()
another()
numbers = []
for function in nothing, another, work:
    code = ctypes.string_at(id(function.__code__), type(function.__code__).__basicsize__)
    numbers.append([int.from_bytes(code[at:at + 4], "little") for at in range(0, len(code) - 3, 4)])
# The number is the one word that is another for each function, and not much apart.
for place, (mine, its, third) in enumerate(zip(*numbers)):
    if len({mine, its, third}) == 3 and min(mine, its, third) > 1 and max(mine, its, third) - min(mine, its, third) < 16:
        ctypes.c_uint32.from_address(id(nothing.__code__) + 4 * place).value = its
work()
