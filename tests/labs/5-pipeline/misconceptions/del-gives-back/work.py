"""Lab 5: the caller deletes the result, so all is given back."""

import hashlib
import zlib

import numpy as np

KIND = "{{kind}}"
VIEW = "{{view}}"
CONSUMER = "{{consumer}}"
SCALE = {{scale}}


def table(memory, rows, columns):
    return np.frombuffer(memory, dtype=KIND).reshape(rows, columns)


def scale(numbers):
    numbers *= SCALE


VIEWS = {}


def window(numbers):
    if VIEW == "transposed":
        VIEWS["now"] = numbers.T
    elif VIEW == "upside-down":
        VIEWS["now"] = numbers[::-1]
    else:
        VIEWS["now"] = numbers[:, ::2]
    return VIEWS["now"]


def lend(view):
    return memoryview(view).toreadonly()


def digest(numbers):
    if CONSUMER == "sha256":
        return hashlib.sha256(numbers).hexdigest()
    return (zlib.crc32 if CONSUMER == "crc32" else zlib.adler32)(numbers)
