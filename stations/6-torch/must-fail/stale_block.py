"""A block that is given back while it is still in a table: somebody else writes into it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import attend  # noqa: E402
from kvcache import Paged  # noqa: E402


class Hasty(Paged):
    """Gives back the first block of a request when that gets its third, and forgets that the table has it."""

    def grow(self, request):
        done = super().grow(request)
        table = self.tables[request]
        if len(table) >= 3 and request not in self.hasty:
            self.hasty.add(request)
            self.blocks.give_back(table[0])
        return done

    def release(self, request):
        table = self.tables.pop(request)
        for block in table[1 if request in self.hasty else 0:]:
            self.blocks.give_back(block)
        self.hasty.discard(request)
        request.stored = 0

    def check(self):
        """It would find out."""


Hasty.hasty = set()
attend.main(lambda: Hasty(attend.SLOTS, attend.BLOCK), requests=40)
