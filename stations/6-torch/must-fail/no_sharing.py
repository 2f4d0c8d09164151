"""A manager that copies the whole prompt for each answer."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import samples  # noqa: E402
from kvcache import Paged  # noqa: E402


class Copying(Paged):
    """Takes blocks for all of it."""

    def fork(self, request, child):
        self.tables[child] = [self.blocks.take() for _ in self.tables[request]]
        self.copies += zip(self.tables[request], self.tables[child], strict=True)
        child.stored = request.stored


samples.main(Copying)
