"""The same requests with blocks of 1, 2, 4 ... 128 tokens: what stays empty, and how long the tables get.

Simulated, as serve.py.  Twice: with the lengths of conversations and with those of single instructions.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lengths  # noqa: E402
from kvcache import Paged, Request  # noqa: E402
from serving import Server  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SLOTS = 15_744  # of a token each, as in serve.py
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
EVERY = 40  # iterations between two looks
WORKLOADS = {"ShareGPT": (200, lengths.SHAREGPT), "Alpaca": (1200, lengths.ALPACA)}  # requests, mean lengths


def sweep(name: str, pairs: list[tuple[int, int]], make) -> None:
    """Serve all requests with blocks of each size."""
    for size in SIZES:
        manager = make(SLOTS, size)
        server = Server(manager, [Request(number, *pair) for number, pair in enumerate(pairs)])
        mark("sweep", f"{name} {size}")
        while server.begin():
            if server.iterations % EVERY == 0:
                usage = manager.usage()
                entries = sum(map(len, manager.tables.values()))
                mark("look", f"{len(server.running)} {usage.tokens} {usage.reserved + usage.internal} {entries}")
            server.end()
        manager.check()
        mark("iterations", server.iterations)
        mark("emitted", server.emitted)
        mark("sweep", "end")


def main(make=Paged, sizes: tuple[int, ...] = SIZES) -> None:
    mark("sizes", " ".join(map(str, sizes)))
    for name, (requests, means) in WORKLOADS.items():
        sweep(name, lengths.draw(requests, means), make)


if __name__ == "__main__":
    main()
