"""One of the two ways from a to y is cut: what is detached is a constant to whoever comes after."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402


def function(x: torch.Tensor) -> torch.Tensor:
    """The sine knows nothing of x."""
    a = x * x
    return (a.detach().sin() * a.exp()).sum()


tape.function = function
tape.main()
