"""A reader that copies one piece before it reads it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import reading  # noqa: E402
from attention import Cache, attend  # noqa: E402


class Copying(Cache):
    """Takes no view."""

    def in_one_piece(self, query, request):
        place = self.manager.place(request)
        piece = slice(place, place + request.stored)
        return attend(query, self.keys[piece].copy(), self.values[piece].copy())


reading.main(Copying)
