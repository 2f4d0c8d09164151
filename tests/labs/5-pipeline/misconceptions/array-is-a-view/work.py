"""Lab 5: np.array() of something with a buffer is a view."""

import hashlib
import zlib

import numpy as np

KIND = "{{kind}}"
VIEW = "{{view}}"
CONSUMER = "{{consumer}}"
SCALE = {{scale}}


def table(memory, rows, columns):
    return np.array(memoryview(memory).cast("B").cast(KIND)).reshape(rows, columns)


def scale(numbers):
    numbers *= SCALE


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
