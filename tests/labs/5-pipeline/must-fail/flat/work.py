"""Lab 5: a table without rows."""

import hashlib
import zlib

import numpy as np

KIND = "{{kind}}"
VIEW = "{{view}}"
CONSUMER = "{{consumer}}"
SCALE = {{scale}}


def table(memory, rows, columns):
    return np.frombuffer(memory, dtype=KIND)


def scale(numbers):
    numbers *= SCALE


def window(numbers):
    return numbers[::-1]


def lend(view):
    return memoryview(view).toreadonly()


def digest(numbers):
    if CONSUMER == "sha256":
        return hashlib.sha256(numbers).hexdigest()
    return (zlib.crc32 if CONSUMER == "crc32" else zlib.adler32)(numbers)
