"""Blocks of 1024 tokens: larger than most requests."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import lengths  # noqa: E402
import serve  # noqa: E402

serve.BLOCK = 1024
serve.main(lengths.draw(serve.REQUESTS))
