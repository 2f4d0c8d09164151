"""A package whose C code knows nothing of hooks."""

import sys

import glassbox
import numpy

glassbox.start(sys.argv[1])


def spread(side):
    grid = numpy.arange(side * side, dtype=float).reshape(side, side)
    return float((grid @ grid.T).sum()), memoryview(grid).shape


for side in 10, 100, 200:
    print(spread(side))
for _ in range(100):
    numpy.vectorize(lambda n: n + 1)(numpy.arange(3))
