"""Integer arithmetic, small and large: a sieve, gcds, digits of a big power, modular exponents."""

import math


def run():
    n = 20_000
    sieve = bytearray([1]) * n
    for i in range(2, 142):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, n, i)))
    total = sum(sieve)
    for a in range(1, 3000):
        b = a * 31 % 1009
        while b:
            a, b = b, a % b
        total += a
    big = 3 ** 900
    while big:
        big, digit = divmod(big, 10)
        total += digit
    return total + math.gcd(*range(60, 600, 60)) + pow(7, 5000, 10**40 + 7) % 1000
