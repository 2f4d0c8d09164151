"""It computes, in Python, as well as Python can: how long the numbers take to come down to one."""

LIMIT = 24_000


def steps(number: int) -> int:
    count = 0
    while number != 1:
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        count += 1
    return count


def main() -> None:
    print(max((steps(number), number) for number in range(1, LIMIT)))


main()
