"""A reader that takes one slot of the last block too many: there is something in it, of somebody before."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import attend  # noqa: E402
from attention import Cache  # noqa: E402


class OneMore(Cache):
    """Reads one token more than there is, where the last block has room for it."""

    def through_the_table(self, query, request):
        request.stored += 1
        try:
            return super().through_the_table(query, request)
        finally:
            request.stored -= 1


attend.Cache = OneMore
attend.main(requests=40)
