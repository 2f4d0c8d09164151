"""A table with one wrong entry: a block of some other request."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import attend  # noqa: E402
from attention import Cache  # noqa: E402


class WrongEntry(Cache):
    """Reads the block next to the first one in place of it."""

    def through_the_table(self, query, request):
        table = self.manager.tables[request]
        right, table[0] = table[0], (table[0] + 1) % self.manager.blocks.count
        try:
            return super().through_the_table(query, request)
        finally:
            table[0] = right


attend.Cache = WrongEntry
attend.main(requests=40)
