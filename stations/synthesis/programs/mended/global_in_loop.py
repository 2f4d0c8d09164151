"""Words are weighed one by one. If it crashes, the crash report shall have the word: a dict has it."""

ROUNDS = 250
WORDS = [f"word{number % 977}" * (number % 3 + 1) for number in range(5_000)]
SHORTEST = 5
LONGEST = 12

report = {"word": ""}


def weigh(words: list[str]) -> int:
    total = 0
    for word in words:
        report["word"] = word
        total += min(max(len(word), SHORTEST), LONGEST)
    return total


def main() -> None:
    print(sum(weigh(WORDS) for _ in range(ROUNDS)))


main()
