"""Attention over contiguous lists of tokens, and what paging needs: in plain Python, without NumPy and without the
learner's code."""

import json
import math
import random

import lab


def vectors(seed, count):
    numbers = random.Random(f"{lab.parameter('salt')} {seed}")
    return [[numbers.random() - 0.5 for _ in range(lab.parameter("width"))] for _ in range(count)]


def lengths():
    numbers = random.Random(f"{lab.parameter('salt')} {lab.parameter('lengths')}")
    block, forked = lab.parameter("block"), lab.parameter("forked")
    a, d, e = (numbers.randrange(6, 14) for _ in range(3))
    b, c = (2 * block + 1 + numbers.randrange(block - 2) for _ in range(2))
    left = -(-b // block) + -(-(c + forked) // block) - c // block - 1
    return [a, b, c, d, e], [block * (left // 2) - 1, block * (left - left // 2) - 2]


def attend(tokens, query):
    """The variant's attention: tokens is a list of (key, value)."""
    rule = lab.parameter("rule")
    if rule == "recent":
        tokens = tokens[-lab.parameter("recent"):]
    scores = [math.fsum(k * q for k, q in zip(key, query)) / math.sqrt(len(query)) for key, _ in tokens]
    if rule == "sloped":
        scores = [score - lab.parameter("slope") / 100 * (len(scores) - 1 - i) for i, score in enumerate(scores)]
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = math.fsum(weights)
    return [math.fsum(w * value[i] for w, (_, value) in zip(weights, tokens)) / total for i in range(len(query))]


def tokens_of(name, count):
    return list(zip(vectors(name + " keys", count), vectors(name + " values", count)))


def main():
    block, forked = lab.parameter("block"), lab.parameter("forked")
    first, later = lengths()
    kept = {name: tokens_of(name, count) for name, count in zip("abcdefg", first + later)}
    kept["branch"] = kept["c"] + tokens_of("branch", forked)
    kept["c later"] = kept["c"] + tokens_of("c later", forked)
    queries = {name: vectors(name + " query", 1)[0] for name in kept}
    moments = {"full": "abcde", "forked": ["c", "branch"], "again": ["a", "branch", "d", "f", "g"]}
    attention = {}
    for moment, names in moments.items():
        for name in names:
            tokens = kept["c later" if name == "c" and moment != "full" else name]
            attention[f"{moment} {name}"] = attend(tokens, queries[name])
    longer = -(-(first[2] + forked) // block)               # blocks of c, and of its fork, when both have grown
    print(json.dumps({
        "attention": attention,
        "tokens": {
            "full": sum(first),
            "forked": sum(first) + first[2] + 2 * forked,
            "again": first[0] + first[3] + first[4] + first[2] + forked + sum(later),
        },
        "blocks": {
            "full": sum(-(-count // block) for count in first),
            "branch": longer - first[2] // block + longer - -(-first[2] // block),
        },
    }))


if __name__ == "__main__":
    main()
