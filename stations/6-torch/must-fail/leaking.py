"""A manager that loses a block of each request that ends: it is in no table, and not free."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import lengths  # noqa: E402
import serve  # noqa: E402
from kvcache import Paged  # noqa: E402


class Leaking(Paged):
    """Gives back all blocks of a request but its last."""

    def release(self, request):
        for block in self.tables.pop(request)[:-1]:
            self.blocks.give_back(block)
        request.stored = 0

    def check(self):
        """It would find out."""


serve.main(lengths.draw(serve.REQUESTS), serve.MANAGERS | {"paged": lambda: Leaking(serve.SLOTS, serve.BLOCK)})
