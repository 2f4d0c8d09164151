"""Four requests: there is memory for them either way."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "experiments"))

import attend  # noqa: E402

attend.main(requests=4)
