"""Arrays so short that NumPy keeps the lock: taking it again would cost more than the loop."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import numpy_pool  # noqa: E402

numpy_pool.SIZE = 400
numpy_pool.main()
