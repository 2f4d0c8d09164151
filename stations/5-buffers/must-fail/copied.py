"""A copy in place of the transpose: another memory, which takes as long as it is large."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import transpose  # noqa: E402

transpose.transposed = lambda array: array.T.copy()
transpose.main()
