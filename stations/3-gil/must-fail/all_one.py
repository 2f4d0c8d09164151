"""Two threads that share everything, where each should have its own."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import shared  # noqa: E402

shared.ROUNDS = 2
shared.main(own_thing=shared.Thing(), own_dict={})
