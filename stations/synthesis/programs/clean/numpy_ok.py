"""It works on whole arrays, and makes a copy only where it needs one."""

import numpy as np

SIZE = 700
ROUNDS = 120


def main() -> None:
    field = np.arange(SIZE * SIZE, dtype=np.float64).reshape(SIZE, SIZE) % 97
    after = np.zeros_like(field)
    for _ in range(ROUNDS):
        np.add(field[:-2, 1:-1], field[2:, 1:-1], out=after[1:-1, 1:-1])
        after[1:-1, 1:-1] += field[1:-1, :-2]
        after[1:-1, 1:-1] += field[1:-1, 2:]
        after[1:-1, 1:-1] /= 4
        field, after = after, field
    print(f"{field.sum():.3f}")


main()
