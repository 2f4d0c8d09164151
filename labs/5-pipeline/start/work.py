"""Lab 5: a table of numbers on its way through four libraries. See task.md."""

import hashlib
import zlib

import numpy as np

KIND = "{{kind}}"               # of the numbers, as struct and NumPy name it
CONSUMER = "{{consumer}}"
SCALE = {{scale}}


def table(memory, rows, columns):
    """The memory as a table of numbers."""
    # TODO: without a copy
    return np.array(np.frombuffer(memory, dtype=KIND)).reshape(rows, columns)


def scale(numbers):
    """Multiply each number by SCALE, where it is."""
    numbers = numbers * SCALE          # TODO


def window(numbers):
    """The table {{view}}."""
    return numbers                     # TODO


def lend(view):
    """The view as a memoryview that may be read and not written."""
    return memoryview(view)            # TODO


def digest(numbers):
    """The {{consumer}} of all of the table's bytes."""
    data = numbers.tobytes()           # TODO: without a copy
    if CONSUMER == "sha256":
        return hashlib.sha256(data).hexdigest()
    return (zlib.crc32 if CONSUMER == "crc32" else zlib.adler32)(data)
