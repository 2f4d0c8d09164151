"""Few requests: whoever manages the memory, there is enough of it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import lengths  # noqa: E402
import serve  # noqa: E402

serve.WARM = 0
serve.main(lengths.draw(7))
