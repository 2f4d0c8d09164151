"""A cache so small that one can see every block of it: who has which, while short requests come and go.

64 blocks of 4 tokens.  The interpreter is recorded meanwhile, so that each call that takes a block or gives
one back can be counted by somebody else than this program.
"""
import pathlib
import string
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lengths  # noqa: E402
from kvcache import Paged, Request  # noqa: E402
from serving import Server  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

BLOCKS, SIZE = 64, 4
REQUESTS, LONGEST = 26, 60
PICTURES = (1, 20, 40)  # iterations at which to show every block


def picture(manager: Paged) -> str:
    """A letter for each block: whose it is; a dot where it is free."""
    owner = {block: request for request, table in manager.tables.items() for block in table}
    return "".join(string.ascii_uppercase[owner[block].number % 26] if block in owner else "."
                   for block in range(BLOCKS))


def main(manager: Paged) -> None:
    pairs = lengths.draw(REQUESTS, lengths.Means(8, 16), LONGEST)
    server = Server(manager, [Request(number, *pair) for number, pair in enumerate(pairs)])
    mark("blocks", BLOCKS)
    mark("pages", "begin")
    while server.begin():
        manager.check()
        if server.iterations in PICTURES:
            mark("picture", f"{server.iterations} {picture(manager)}")
        mark("in tables", sum(map(len, manager.tables.values())))
        server.end()
    manager.check()
    mark("in tables", sum(map(len, manager.tables.values())))
    mark("pages", "end")


if __name__ == "__main__":
    main(Paged(BLOCKS * SIZE, SIZE))
