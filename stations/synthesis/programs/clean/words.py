"""It counts the words of a text: strings, a dict, and sorting, with a list that is kept because it is needed."""

from collections import defaultdict

LINES = 40_000
VOCABULARY = [f"word{number * number % 701}" for number in range(1_500)]


def text() -> list[str]:
    return [" ".join(VOCABULARY[(line * 7 + place * 3) % 1_500] for place in range(12)) for line in range(LINES)]


def count(lines: list[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        for word in line.split():
            counts[word] += 1
    return counts


def main() -> None:
    counts = count(text())
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    print(len(counts), *(f"{word}:{times}" for word, times in best))


main()
