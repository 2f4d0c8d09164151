"""Under no_grad a function is called that switches recording on again."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import modes  # noqa: E402
import torch  # noqa: E402

modes.step = torch.enable_grad()(modes.step)
modes.main()
