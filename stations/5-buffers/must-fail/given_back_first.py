"""Nothing is out when the array grows."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import one_memory  # noqa: E402

one_memory.held = lambda exporter: [bytes(exporter)] * 3
one_memory.main()
