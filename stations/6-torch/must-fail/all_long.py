"""Requests that all become as long as the model allows: what is reserved for them is used."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import lengths  # noqa: E402
import serve  # noqa: E402

serve.main([(1900, lengths.LONGEST - 1900)] * 150)
