"""Numbers of 32 bits: a step of a millionth is lost in their last digits."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402

tape.DTYPE = torch.float32
tape.main()
