"""The same requests, the same memory, four ways to hand it out: who holds what while they are served?

Nothing is computed here and no time is measured: what is simulated is who has which memory in which
iteration.  The cache is the paper's for OPT-13B on a GPU with 40 GB: room for 15.7 thousand tokens
(table 1).  All requests are there from the beginning, so that memory alone decides how many run.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lengths  # noqa: E402
from kvcache import Paged, Request, Reserved, power_of_two  # noqa: E402
from serving import Server  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SLOTS = 15_744  # of a token each: 15.7K, and a multiple of every block size that is tried
REQUESTS = 300
BLOCK = 16  # tokens in a block: vLLM's default (section 7.2)
EVERY = 10  # iterations between two looks at the cache
WARM = 300  # iterations before the cache is as full as it gets

MANAGERS = {  # what each sets aside for a request that comes in; the first three names are the paper's
    "Max": lambda: Reserved(SLOTS, lambda request: lengths.LONGEST),
    "Pow2": lambda: Reserved(SLOTS, lambda request: min(lengths.LONGEST,
                                                        request.prompt + power_of_two(request.output))),
    "Oracle": lambda: Reserved(SLOTS, lambda request: request.final),
    "paged": lambda: Paged(SLOTS, BLOCK),
}


def look(server: Server) -> None:
    """Say what the cache is used for now; how the paper names the four kinds is in kvcache.Usage."""
    usage = server.manager.usage()
    mark("look", f"{server.iterations} {len(server.running)} {len(server.waiting)} {usage.tokens} {usage.reserved} "
                 f"{usage.internal} {usage.external}")


def serve(name: str, manager: Paged | Reserved, pairs: list[tuple[int, int]]) -> None:
    """Serve all requests with one manager."""
    server = Server(manager, [Request(number, *pair) for number, pair in enumerate(pairs)])
    mark("serve", name)
    while server.begin():
        if server.iterations % EVERY == 0:
            look(server)
            manager.check()
        server.end()
    manager.check()
    mark("iterations", server.iterations)
    mark("emitted", server.emitted)
    mark("sent away", server.sent_away)
    mark("computed again", server.computed_again)
    mark("serve", "end")


def main(pairs: list[tuple[int, int]], managers: dict = MANAGERS) -> None:
    mark("slots", SLOTS)
    mark("block", BLOCK)
    mark("warm", WARM)
    mark("requests", len(pairs))
    mark("asked for", sum(output for _, output in pairs))
    mark("mean prompt", round(100 * sum(prompt for prompt, _ in pairs) / len(pairs)))
    mark("mean output", round(100 * sum(output for _, output in pairs) / len(pairs)))
    for name, make in managers.items():
        serve(name, make(), pairs)


if __name__ == "__main__":
    main(lengths.draw(REQUESTS))
