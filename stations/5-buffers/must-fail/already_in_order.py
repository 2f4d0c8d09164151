"""An array whose transpose lies in order: it was laid out column by column."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import library  # noqa: E402
import numpy as np  # noqa: E402

library.turned = lambda array: np.asfortranarray(array).T
library.main()
