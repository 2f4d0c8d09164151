"""Arrays that are made of somebody's numbers, and not of somebody's memory."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import numpy as np  # noqa: E402
import one_memory  # noqa: E402

one_memory.as_array = lambda exporter: np.array(memoryview(exporter))
one_memory.main()
