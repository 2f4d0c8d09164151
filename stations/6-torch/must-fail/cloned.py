"""A copy in place of a second name."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import modes  # noqa: E402
import torch  # noqa: E402


def alone(tensor: torch.Tensor) -> torch.Tensor:
    """Memory of its own."""
    return tensor.detach().clone()


modes.alone = alone
modes.main()
