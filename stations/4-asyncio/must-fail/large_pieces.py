"""A thousand times as many numbers a task."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import slow_pieces  # noqa: E402

slow_pieces.NUMBERS, slow_pieces.PIECE = 300_000, 100_000
slow_pieces.run()
