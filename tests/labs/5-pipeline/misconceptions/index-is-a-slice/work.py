"""Lab 5: picking by a list of numbers is a view."""

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


def window(numbers):
    rows, columns = numbers.shape
    if VIEW == "transposed":
        return numbers[list(range(rows))].T
    if VIEW == "upside-down":
        return numbers[list(range(rows - 1, -1, -1))]
    return numbers[:, list(range(0, columns, 2))]


def lend(view):
    return memoryview(view).toreadonly()


def digest(numbers):
    if CONSUMER == "sha256":
        return hashlib.sha256(numbers).hexdigest()
    return (zlib.crc32 if CONSUMER == "crc32" else zlib.adler32)(numbers)
