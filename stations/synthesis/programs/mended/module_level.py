"""The last four bits of many numbers are added up by a function."""

NUMBERS = 1_500_000


def main() -> None:
    high = 0
    total = 0
    for number in range(NUMBERS):
        last = number & 15
        if last > 7:
            high += 1
        total += last
    print(high, total)


main()
