"""What one would think costs something and does not, and the other way round: surprises.py

Each surprise is two functions with the same result. Prints as JSON how many times as long the first takes as the
second. Runs on any Python of this version. It must not be traced: it measures.
"""
import json
import sys
import time

ROUNDS = 21
COUNT = 30_000

count = 0
current = None


def reads_a_global() -> int:
    total = 0
    for number in range(COUNT):
        total += number & COUNT
    return total


def reads_a_local() -> int:
    total, limit = 0, COUNT
    for number in range(COUNT):
        total += number & limit
    return total


def writes_a_global() -> int:
    global count
    count = 0
    for number in range(COUNT):
        count += number
    return count


def writes_a_local() -> int:
    total = 0
    for number in range(COUNT):
        total += number
    return total


def deletes_a_global() -> int:
    global coming_and_going
    total = 0
    for number in range(COUNT):
        coming_and_going = number
        total += min(number, COUNT)
        del coming_and_going
    return total


def sets_a_global() -> int:
    global current
    total = 0
    for number in range(COUNT):
        current = number
        total += min(number, COUNT)
        current = None
    return total


AT_MODULE_LEVEL = compile("""
total = 0
for number in range(COUNT):
    total += number
""", "module level", "exec")


def runs_at_module_level() -> int:
    names = {"COUNT": COUNT}
    exec(AT_MODULE_LEVEL, names)
    return names["total"]


class Text:
    def __init__(self) -> None:
        self.text = ""


PIECES = 3_000


def grows_an_attribute() -> int:
    text = Text()
    for _ in range(PIECES):
        text.text += "a line of a text\n"
    return len(text.text)


def grows_a_local() -> int:
    text = ""
    for _ in range(PIECES):
        text += "a line of a text\n"
    return len(text)


def joins() -> int:
    lines = []
    for _ in range(PIECES):
        lines.append("a line of a text\n")
    return len("".join(lines))


def lists_small_objects() -> float:
    return sum([number * 0.5 for number in range(COUNT)])


def generates_small_objects() -> float:
    return sum(number * 0.5 for number in range(COUNT))


BLOCK = 16 * 1024


def lists_large_objects() -> int:
    return sum(map(len, [bytes(BLOCK) for _ in range(1_000)]))


def generates_large_objects() -> int:
    return sum(map(len, (bytes(BLOCK) for _ in range(1_000))))


SURPRISES = {
    "a global that is read": (reads_a_global, reads_a_local),
    "a global that is written": (writes_a_global, writes_a_local),
    "a loop at module level": (runs_at_module_level, writes_a_local),
    "a global that comes and goes": (deletes_a_global, sets_a_global),
    "a string that grows, a local": (grows_a_local, joins),
    "a string that grows, an attribute": (grows_an_attribute, joins),
    "a list of small objects": (lists_small_objects, generates_small_objects),
    "a list of large objects": (lists_large_objects, generates_large_objects),
}


def seconds(function) -> float:
    began = time.thread_time()
    function()
    return time.thread_time() - began


def ratio(first, second) -> float:
    """Of the least disturbed of several runs of each, in turn."""
    assert first() == second(), f"{first.__name__} and {second.__name__} differ"
    runs = [(seconds(first), seconds(second)) for _ in range(ROUNDS)]
    return min(one for one, _ in runs) / min(other for _, other in runs)


if __name__ == "__main__":
    json.dump({name: ratio(*pair) for name, pair in SURPRISES.items()}, sys.stdout, indent=1)
    print()
