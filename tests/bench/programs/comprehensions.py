"""Comprehensions, sets, dicts, sorting with key functions, itertools."""

import itertools
from collections import Counter, defaultdict


def run():
    total = 0
    for n in range(60, 75):
        rows = [[(i * j + n) % 17 for j in range(n)] for i in range(n)]
        total += sum(max(row) for row in zip(*rows))
        total += len({value for row in rows for value in row})
        index = defaultdict(list)
        for i, row in enumerate(rows):
            index[row[i % n]].append(i)
        total += sum(len(v) * k for k, v in sorted(index.items(), key=lambda item: (-len(item[1]), item[0])))
        total += Counter(itertools.chain.from_iterable(rows)).most_common(1)[0][1]
        total += sum(a * b for a, b in itertools.pairwise(rows[0]))
        total += len({i: str(i) for i in range(n) if i % 3})
    return total
