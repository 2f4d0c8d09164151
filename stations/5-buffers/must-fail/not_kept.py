"""A copy outlives the name, and the exporter does not."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import one_memory  # noqa: E402

one_memory.kept = one_memory.chained = bytes
one_memory.main()
