"""A transpose of a transpose lies in order: one stride leads through it."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import shapes  # noqa: E402

shapes.COPIES["a.T.reshape(-1)"] = lambda a: a.T.T.reshape(-1)
shapes.main()
