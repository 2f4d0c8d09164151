"""One request after the other, blocks in order: tables that show nothing."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import attend  # noqa: E402
from kvcache import Paged  # noqa: E402


class OneAtATime(Paged):
    """Lets nobody in while somebody is there, and keeps its free blocks sorted."""

    def admit(self, request):
        return not self.tables and super().admit(request)

    def release(self, request):
        super().release(request)
        self.blocks.free.sort(reverse=True)


attend.main(lambda: OneAtATime(attend.SLOTS, attend.BLOCK), requests=20)
