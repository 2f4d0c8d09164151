"""Two threads that share nothing, where they should share something."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import shared  # noqa: E402

shared.ROUNDS = 2
shared.main(one_thing=None, one_dict=None)
