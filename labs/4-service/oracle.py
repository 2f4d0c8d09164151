"""What the answers are: the same numbers, worked out in one go, without a loop and without the learner's code."""

import json

import lab

BITS = 800


def work_on(name, number):
    base = 3 + 2 * number + sum(name.encode()) + lab.parameter("salt")
    return pow(base, (1 << BITS) - 5, (1 << BITS) - 1) % 1_000_003


def join(value, number):
    """One unit more, as the variant asks."""
    modulus = lab.parameter("modulus")
    return {
        "add": lambda: (value + number) % modulus,
        "shift": lambda: (value * 31 + number) % modulus,
        "turn": lambda: (number - value) % modulus,
    }[lab.parameter("join")]()


def main():
    answers = {}
    units = [lab.parameter("units") + i for i in range(4)]
    for name, count in zip("abcd", units):
        answers[name] = 0
        for number in range(count):
            answers[name] = join(answers[name], work_on(name, number))
    print(json.dumps({"answers": answers, "units": sum(units)}))


if __name__ == "__main__":
    main()
