"""A manager that takes all blocks a request will ever need as it comes in."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import block_sizes  # noqa: E402
from kvcache import Paged  # noqa: E402


class Foreseeing(Paged):
    """Knows how long each answer will be, and makes nothing of it."""

    def admit(self, request):
        stored, emitted = request.prompt + request.emitted, request.emitted
        request.emitted = request.output  # as long as it will be
        admitted = super().admit(request)
        request.emitted = emitted
        request.stored = stored if admitted else 0
        return admitted

    def grow(self, request):
        request.stored += 1
        return True

    def check(self):
        """Its tables are longer than they must be."""


block_sizes.main(Foreseeing)
