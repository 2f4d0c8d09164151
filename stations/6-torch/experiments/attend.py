"""The same requests through one layer of a transformer, its keys and values in one piece and in blocks.

This is computed, not simulated: each iteration does the matrix products of all requests in flight at once,
writes their new keys and values into the cache, and attends for each.  Lengths are a sixteenth of those in
serve.py, and the cache has room for four of the longest.  At some tokens of each request the result of
attention is kept, to be compared with that of the other run and with what comes out without any cache.
"""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import numpy as np  # noqa: E402

import lengths  # noqa: E402
from attention import WIDTH, Cache, Layer, without_a_cache  # noqa: E402
from kvcache import Paged, Request, Reserved  # noqa: E402
from serving import Server  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SLOTS, LONGEST = 512, 128
MEANS = lengths.Means(lengths.SHAREGPT.prompt / 16, lengths.SHAREGPT.output / 16)
BLOCK = 4
REQUESTS = 70
SAMPLES = 3  # tokens of each request at which results are compared
SHOWN = range(0, WIDTH, WIDTH // 8)  # numbers of a result that are compared: two of each head


class Run:
    """One manager's run, and what it kept."""

    def __init__(self, manager: Paged | Reserved, layer: Layer, pairs: list[tuple[int, int]]):
        self.cache = Cache(manager)
        self.layer = layer
        self.server = Server(manager, [Request(number, *pair) for number, pair in enumerate(pairs)])
        self.samples = {number: sampled(number, *pair) for number, pair in enumerate(pairs)}
        self.results: dict[tuple[str, int, int], np.ndarray] = {}
        self.tables: dict[tuple[int, int], list[int]] = {}

    def prompt(self, request: Request) -> None:
        """Keys and values of all that a request brings with it: its prompt, or what it had when it was sent away."""
        _, keys, values = self.layer.qkv(self.layer.inputs[request.number][:request.stored - 1])
        self.cache.write(request, 0, keys, values)

    def keep(self, request: Request, query: np.ndarray, result: np.ndarray) -> None:
        key = request.number, request.stored
        if isinstance(self.cache.manager, Paged):
            self.results["table", *key] = result
            self.results["blocks", *key] = self.cache.block_by_block(query, request)
            self.tables[key] = list(self.cache.manager.tables[request])
        else:
            self.results["piece", *key] = result

    def iteration(self) -> None:
        """The next token of everybody in flight."""
        running = self.server.running
        for request in self.server.joined:
            self.prompt(request)
        inputs = np.stack([self.layer.inputs[request.number][request.stored - 1] for request in running])
        queries, keys, values = self.layer.qkv(inputs)
        results = []
        for at, request in enumerate(running):
            self.cache.write(request, request.stored - 1, keys[at:at + 1], values[at:at + 1])
            results.append(self.cache.attend(queries[at], request))
            if request.stored in self.samples[request.number]:
                self.keep(request, queries[at], results[-1])
        self.layer.rest(np.stack(results).reshape(-1, WIDTH))

    def all_of_it(self) -> None:
        while self.server.begin():
            self.iteration()
            self.server.end()


def sampled(number: int, prompt: int, output: int) -> set[int]:
    """Lengths of a request at which its results are kept: some, and always its last."""
    source = random.Random(number)
    return {prompt + output, *(source.randint(prompt + 1, prompt + output) for _ in range(SAMPLES - 1))}


def say(how: str, number: int, tokens: int, result: np.ndarray) -> None:
    """A result, or enough of it: with a wrong token no number of any head stays as it is."""
    mark(how, f"{number} {tokens} " + " ".join(f"{result.reshape(-1)[at]:.9g}" for at in SHOWN))


def main(make_paged=lambda: Paged(SLOTS, BLOCK), requests: int = REQUESTS) -> None:
    pairs = lengths.draw(requests, MEANS, LONGEST)
    layer = Layer(pairs)
    runs = {"one piece": Run(Reserved(SLOTS, lambda request: LONGEST), layer, pairs),
            "blocks": Run(make_paged(), layer, pairs)}
    for name, run in runs.items():
        mark("compute", name)
        run.all_of_it()
        mark("compute", "end")
        mark(f"{name}: iterations", run.server.iterations)
        mark(f"{name}: emitted", run.server.emitted)
        mark(f"{name}: sent away", run.server.sent_away)
    mark("bytes of a token", 2 * WIDTH * np.dtype(np.float32).itemsize)
    mark("results", "begin")
    for (number, tokens), table in runs["blocks"].tables.items():
        say("plain", number, tokens, without_a_cache(layer, number, tokens))
        for how, run in (("piece", runs["one piece"]), ("table", runs["blocks"]), ("blocks", runs["blocks"])):
            if (how, number, tokens) in run.results:
                say(how, number, tokens, run.results[how, number, tokens])
        mark("blocks of it", " ".join(map(str, table)))
    mark("results", "end")


if __name__ == "__main__":
    main()
