"""Exceptions raised, caught, chained, re-raised and passed through many frames; with and finally."""


class Refused(Exception):
    def __init__(self, depth):
        super().__init__(depth)
        self.depth = depth


class Guard:
    def __init__(self):
        self.seen = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.seen += kind is not None
        return kind is KeyError


def dive(depth):
    if depth == 0:
        raise Refused(depth)
    try:
        return dive(depth - 1)
    finally:
        depth += 1


def lookup(table, key):
    try:
        return table[key]
    except KeyError as error:
        raise LookupError(key) from error


def run():
    total, guard, table = 0, Guard(), {i: i for i in range(0, 100, 2)}
    for i in range(3000):
        try:
            total += lookup(table, i % 100)
        except LookupError as error:
            total += error.args[0]
        with guard:
            total += table[i % 100]
        try:
            int("x" if i % 5 == 0 else "1")
        except (ValueError, TypeError):
            total += 1
        if i % 20 == 0:
            try:
                dive(20)
            except Refused as error:
                total += error.depth
    return total, guard.seen
