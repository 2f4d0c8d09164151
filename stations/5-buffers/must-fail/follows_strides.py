"""A library that asks for strides and follows them: nothing is refused, and nothing goes wrong."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import library  # noqa: E402

library.asks = library.ignores = lambda rows, array: rows.weighted_strided(array)
library.main()
