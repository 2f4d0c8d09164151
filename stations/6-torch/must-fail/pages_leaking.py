"""A manager that forgets the last block of each request: no table has it, and it is not free either."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import pages  # noqa: E402
from kvcache import Paged  # noqa: E402


class Leaking(Paged):
    """Gives back all blocks of a request but its last."""

    def release(self, request):
        for block in self.tables.pop(request)[:-1]:
            self.blocks.give_back(block)
        request.stored = 0

    def check(self):
        """It would find out."""


pages.main(Leaking(pages.BLOCKS * pages.SIZE, pages.SIZE))
