"""Watched objects: reference operations are recorded by overwriting the interpreter's own code."""

import array
import gc
import sys

import glassbox

glassbox.start(sys.argv[1])


class Node:
    pass


def use(thing):
    kept = thing
    return [kept, kept]


first, second = Node(), Node()
glassbox.watch(first, "first")
glassbox.watch(second, "second")
for _ in range(20):
    use(first)
first.other, second.other = second, first
del first, second
gc.collect()
with glassbox.span("views"):
    glassbox.mark("size", 5)
    for exporter in bytearray(100), array.array("i", range(10)):
        view = memoryview(exporter)
        view[2:5].release()
        view.release()
