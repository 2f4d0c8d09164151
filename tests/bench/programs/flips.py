"""Lists of small integers reversed in place: the longest run of prefix flips over all permutations."""


def longest(n):
    items, counts = list(range(n)), [0] * n
    best, check, sign, i = 0, 0, 1, 0
    while True:
        if i == 0 and items[0]:
            work, flips = items[:], 0
            while work[0]:
                k = work[0] + 1
                work[:k] = work[k - 1::-1] if k < n else work[::-1]
                flips += 1
            best = max(best, flips)
            check += sign * flips
        sign = -sign
        i = 0
        while counts[i] >= i:                 # Heap's order of permutations
            counts[i] = 0
            i += 1
            if i == n:
                return best, check
        j = counts[i] if i & 1 else 0
        items[i], items[j] = items[j], items[i]
        counts[i] += 1
        i = 0


def run():
    return longest(7)
