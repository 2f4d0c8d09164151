"""A view in place of each copy."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import copying  # noqa: E402

copying.copied = lambda array: array[:]
copying.main()
