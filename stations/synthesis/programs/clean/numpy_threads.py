"""Threads that compute with NumPy, which lets go of the lock while it does."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

PIECES = 60
SIZE = 400_000


def compute(number: int) -> float:
    values = np.linspace(0.0, 1.0 + number, SIZE)
    for _ in range(4):
        np.multiply(values, values, out=values)
        np.add(values, 1.0, out=values)
        np.sqrt(values, out=values)
    return float(values.sum())


def main() -> None:
    with ThreadPoolExecutor(2) as pool:
        print(f"{sum(pool.map(compute, range(PIECES))):.3f}")


main()
