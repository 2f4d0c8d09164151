"""Arrays of Python objects: NumPy needs the lock to call their methods."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import numpy_pool  # noqa: E402

numpy_pool.SIZE = 2_000
numpy_pool.DTYPE = object
numpy_pool.FUNCTION = numpy_pool.np.negative  # there is no sine of an object
numpy_pool.main()
