"""Lets several sequences of tokens grow in the learner's cache, forks one, ends some, and lets others begin.

Before, between and after that it asks the cache what memory it has, and for attention over what it keeps. Both are
testimony: the memory is compared with the events of its allocation, the attention with the oracle's.
"""

import random
import sys

import lab

sys.modules["_ctypes"] = None            # NumPy does without it, and a graded run must
import numpy as np  # noqa: E402

WIDTH = lab.parameter("width")


def vectors(seed, count):
    """Numbers that the oracle makes in the same way: `count` vectors, each with its own list."""
    numbers = random.Random(f"{lab.parameter('salt')} {seed}")
    return [[numbers.random() - 0.5 for _ in range(WIDTH)] for _ in range(count)]


class Stream:
    """The tokens of one sequence that are to come: keys, values and queries, made before anything is recorded."""

    def __init__(self, name, count):
        self.name = name
        self.keys = np.array(vectors(name + " keys", count))
        self.values = np.array(vectors(name + " values", count))
        self.query = np.array(vectors(name + " query", 1)[0])
        self.next = 0

    def feed(self, cache, name, count):
        """Append the next `count` tokens to the sequence `name`."""
        for _ in range(count):
            cache.append(name, self.keys[self.next], self.values[self.next])
            self.next += 1


def lengths():
    """How long the sequences get: a to e at first; then f and g, which fit into what b and c leave, but for a block."""
    numbers = random.Random(f"{lab.parameter('salt')} {lab.parameter('lengths')}")
    block, forked = lab.parameter("block"), lab.parameter("forked")
    a, d, e = (numbers.randrange(6, 14) for _ in range(3))
    b, c = (2 * block + 1 + numbers.randrange(block - 2) for _ in range(2))
    left = -(-b // block) + -(-(c + forked) // block) - c // block - 1
    return [a, b, c, d, e], [block * (left // 2) - 1, block * (left - left // 2) - 2]


FIRST, LATER = lengths()
FORKED = lab.parameter("forked")
STREAMS = [Stream(name, count) for name, count in zip("abcdefg", FIRST + LATER)]
C_LATER = Stream("c later", FORKED)
BRANCH = Stream("branch", FORKED)


def ask(cache, moment, streams):
    """What it says of itself, and its attention for each sequence."""
    with lab.part("account " + moment):
        account = cache.accounting()
    lab.observe("account " + moment, {key: int(account[key]) for key in ("bytes", "tokens")})
    with lab.part("attend " + moment):
        for name, stream in streams.items():
            result = cache.attend(name, stream.query)
            lab.observe(f"{moment} {name}", np.asarray(result, dtype=float).ravel()[: 2 * WIDTH].tolist())


def main():
    work = lab.load()
    with lab.part("make"):
        cache = work.Cache()
    a, b, c, d, e, f, g = STREAMS
    with lab.part("fill"):
        while any(stream.next < len(stream.keys) for stream in (a, b, c, d, e)):
            for stream in (a, b, c, d, e):
                if stream.next < len(stream.keys):
                    stream.feed(cache, stream.name, 1)
    living = {stream.name: stream for stream in (a, b, c, d, e)}
    ask(cache, "full", living)
    with lab.part("fork"):
        cache.fork("c", "branch")
    with lab.part("branch"):
        for _ in range(FORKED):
            BRANCH.feed(cache, "branch", 1)
            C_LATER.feed(cache, "c", 1)
    ask(cache, "forked", {"c": c, "branch": BRANCH})
    with lab.part("end"):
        cache.end("b")
        cache.end("c")
    with lab.part("refill"):
        f.feed(cache, "f", len(f.keys))
        g.feed(cache, "g", len(g.keys))
    ask(cache, "again", {"a": a, "branch": BRANCH, "d": d, "f": f, "g": g})


lab.main(main)
