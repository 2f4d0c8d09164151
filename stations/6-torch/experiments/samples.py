"""Several answers to one prompt: their tables share the prompt's blocks, until somebody has to write into one.

Simulated, but for the contents: each slot holds the name of its token here, so that it can be seen whether
every answer still reads its own tokens at its end.  With 2, 4 and 6 answers, for the lengths of
conversations and of single instructions.
"""
import pathlib
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lengths  # noqa: E402
from kvcache import Paged, Request  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

BLOCK = 16
AT_ONCE = 8  # prompts
ANSWERS = (2, 4, 6)
SLOTS = 49_152  # more than enough: memory is not what this is about
EVERY = 20  # iterations between two looks
WORKLOADS = {"ShareGPT": (20, lengths.SHAREGPT), "Alpaca": (100, lengths.ALPACA)}  # prompts, mean lengths


class Contents:
    """What is in the slots, and whose tables lead there."""

    def __init__(self, manager: Paged):
        self.manager = manager
        self.slots = [""] * manager.slots

    def slot(self, request: Request, at: int) -> int:
        size = self.manager.size
        return self.manager.tables[request][at // size] * size + at % size

    def write(self, request: Request, at: int, token: str) -> None:
        """Copies that the manager has asked for come first."""
        size = self.manager.size
        for old, new in self.manager.copies:
            self.slots[new * size:(new + 1) * size] = self.slots[old * size:(old + 1) * size]
        self.manager.copies.clear()
        self.slots[self.slot(request, at)] = token

    def read(self, request: Request) -> str:
        return " ".join(self.slots[self.slot(request, at)] for at in range(request.stored))


class Answer(Request):
    """One of several to the same prompt."""

    def __init__(self, number: int, which: int, prompt: int, output: int):
        super().__init__(number, prompt, output)
        self.which = which

    def token(self, at: int) -> str:
        """The name of what has to be at a position: the prompt's are the same for all answers."""
        return f"{self.number}:{at}" if at < self.prompt else f"{self.number}.{self.which}:{at}"


def let_in(contents: Contents, number: int, pair: tuple[int, int], answers: int) -> list[Answer]:
    """A prompt is read once; then there are so many answers to it."""
    first, *others = family = [Answer(number, which, *pair) for which in range(answers)]
    if not contents.manager.admit(first):
        raise MemoryError(f"prompt {number} does not fit")
    for at in range(first.prompt):
        contents.write(first, at, first.token(at))
    for other in others:
        contents.manager.fork(first, other)
    return family


def step(contents: Contents, running: list[Answer]) -> list[Answer]:
    """A token for each answer; returns who goes on."""
    for answer in running:
        contents.manager.grow(answer)
        contents.write(answer, answer.stored - 1, answer.token(answer.stored - 1))
    for answer in running:
        if answer.stored == answer.final:
            wanted = " ".join(answer.token(at) for at in range(answer.final))
            mark("answer", f"{answer.number} {answer.which} {zlib.crc32(wanted.encode())} "
                           f"{zlib.crc32(contents.read(answer).encode())}")
            contents.manager.release(answer)
    return [answer for answer in running if answer.stored]


def serve(pairs: list[tuple[int, int]], answers: int, manager: Paged) -> None:
    contents, running, number, iterations = Contents(manager), [], 0, 0
    while running or number < len(pairs):
        while number < len(pairs) and len(running) <= (AT_ONCE - 1) * answers:
            running += let_in(contents, number, pairs[number], answers)
            number += 1
        running = step(contents, running)
        iterations += 1
        if iterations % EVERY == 0 and running:
            manager.check()
            in_use = manager.blocks.count - len(manager.blocks.free)
            mark("look", f"{len(running)} {in_use} {sum(map(len, manager.tables.values()))}")


def main(make=Paged) -> None:
    for name, (prompts, means) in WORKLOADS.items():
        pairs = lengths.draw(prompts, means)
        for answers in ANSWERS:
            mark("samples", f"{name} {answers}")
            serve(pairs, answers, make(SLOTS, BLOCK))
            mark("samples", "end")


if __name__ == "__main__":
    main()
