"""The table with interpreters of the kind that shares the main interpreter's lock."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import regions  # noqa: E402
import workers  # noqa: E402

workers.Interpreter.config = "legacy"
regions.main()
