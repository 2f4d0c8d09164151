"""One request of 500 tokens, and the ways to read its keys and values: what does a table cost?

In one piece, gathered through the table, and block by block, for blocks of 1 to 128 tokens that lie all
over the cache.  What is copied is recorded as it happens: NumPy says of each array where its memory is.
"""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import numpy as np  # noqa: E402

from attention import HEADS, SIZE, WIDTH, Cache  # noqa: E402
from kvcache import Paged, Request, Reserved  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

TOKENS = 500
SLOTS = 4_096
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
TURNS = 12  # the best of them counts


def filled(manager: Paged | Reserved, keys: np.ndarray, values: np.ndarray) -> tuple[Cache, Request]:
    """A cache with one request in it."""
    cache, request = Cache(manager), Request(0, TOKENS, 1)
    if isinstance(manager, Paged):
        random.Random(0).shuffle(manager.blocks.free)
    if not manager.admit(request):
        raise MemoryError("the cache is too small for the request")
    cache.write(request, 0, keys, values)
    return cache, request


def turns(name: str, read, query: np.ndarray, request: Request) -> np.ndarray:
    """Read so many times; each turn is a part of the trace."""
    for _ in range(TURNS):
        mark("read", name)
        result = read(query, request)
        mark("read", "end")
    return result


def main(cache_class=Cache) -> None:
    source = np.random.default_rng(4)
    query = source.standard_normal((HEADS, SIZE)).astype(np.float32)
    keys, values = source.standard_normal((2, TOKENS, HEADS, SIZE)).astype(np.float32)
    mark("tokens", TOKENS)
    mark("bytes of a key", WIDTH * keys.itemsize)
    cache, request = filled(Reserved(SLOTS, lambda request: TOKENS + 1), keys, values)
    cache.__class__ = cache_class
    right = turns("piece", cache.in_one_piece, query, request)
    for size in SIZES:
        cache, request = filled(Paged(SLOTS, size), keys, values)
        cache.__class__ = cache_class
        results = (turns(f"table {size}", cache.through_the_table, query, request),
                   turns(f"blocks {size}", cache.block_by_block, query, request))
        mark(f"off {size}", max(float(abs(result - right).max()) for result in results))


if __name__ == "__main__":
    main()
