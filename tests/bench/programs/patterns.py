"""Regular expressions: compiled anew, searched, split and replaced by a function."""

import re
from re import _compiler

LINES = [f"2024-{i % 12 + 1:02}-{i % 28 + 1:02} host{i % 7} [{i * 37 % 991}] user=u{i} took {i % 97}.{i % 10} ms"
         for i in range(400)]
TEXT = "\n".join(LINES)


def run():
    total = 0
    for pattern in (r"(\d{4})-(\d\d)-(\d\d)", r"user=(?P<name>\w+)\s+took\s+([\d.]+)", r"(?:host[0-3]|\[9\d*\])"):
        compiled = _compiler.compile(pattern)           # past the cache
        total += sum(len(match.group()) for match in compiled.finditer(TEXT))
    total += len(re.sub(r"\d+", lambda match: str(int(match.group()) + 1), TEXT))
    total += len(re.split(r"[\s=]+", TEXT))
    return total
