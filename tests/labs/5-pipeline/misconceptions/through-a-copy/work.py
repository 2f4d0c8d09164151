"""Lab 5: what ends in the same array takes no memory."""

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
    numbers[:] = numbers * SCALE


def window(numbers):
    if VIEW == "transposed":
        return numbers.T
    if VIEW == "upside-down":
        return numbers[::-1]
    return numbers[:, ::2]


def lend(view):
    return memoryview(view).toreadonly()


def digest(numbers):
    if CONSUMER == "sha256":
        return hashlib.sha256(numbers).hexdigest()
    return (zlib.crc32 if CONSUMER == "crc32" else zlib.adler32)(numbers)
