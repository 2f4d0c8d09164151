"""A manager whose blocks have 128 tokens, whatever it is told."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import block_sizes  # noqa: E402
from kvcache import Paged  # noqa: E402

block_sizes.main(lambda slots, size: Paged(slots, 128))
