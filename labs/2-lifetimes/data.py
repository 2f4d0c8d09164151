"""The data of lab 2: what the harness puts into the cache, and what the oracle expects to find there."""
import hashlib


def text(salt, length):
    """So many bytes that depend on the student; the values are cut from it, one after the other."""
    block = hashlib.sha256(str(salt).encode()).digest()
    while len(block) < 8191:
        block += hashlib.sha256(block).digest()
    return (block[:8191] * (length // 8191 + 1))[:length]


def digest_of(values):
    """One text for all values, in order."""
    total = hashlib.sha256()
    for value in values:
        total.update(value)
    return total.hexdigest()
