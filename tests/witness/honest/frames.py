"""Frames that are left in every way there is: exceptions, generators, recursion, finalizers."""

import gc
import sys

import glassbox

glassbox.start(sys.argv[1])


def fail(depth):
    if depth == 0:
        raise ValueError("deep enough")
    try:
        fail(depth - 1)
    finally:
        len([depth])


class Items:
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        for i in range(self.count):
            yield i + 1

    def __del__(self):
        len([self.count])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return True


def delegate():
    yield 1
    yield from Items(5)


def descend(depth):
    return 0 if depth == 0 else 1 + descend(depth - 1)


for _ in range(20):
    try:
        fail(8)
    except ValueError as error:
        kept = error.__traceback__
    generator = delegate()
    next(generator), next(generator)
    generator.close()
    thrown = delegate()
    next(thrown)
    try:
        thrown.throw(KeyError)
    except KeyError:
        pass
    with Items(3):
        raise ZeroDivisionError
print(sum(delegate()), descend(300))
sys.setrecursionlimit(400)
try:
    descend(10000)
except RecursionError:
    print("too deep")
cycle = [Items(i) for i in range(50)]
for item in cycle:
    item.all = cycle
del cycle, item
gc.collect()
print(sorted(range(20), key=lambda n: -n)[:2])
