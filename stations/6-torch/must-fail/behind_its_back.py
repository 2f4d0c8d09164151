"""x changes between forward and backward, by x.data, which does not count the change."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402


def gradient(x: torch.Tensor) -> torch.Tensor:
    """x.mul_(2) would be refused; this is not, and the gradient is another."""
    y = tape.forward(x)
    x.data.mul_(2)
    y.backward()
    x.data.div_(2)
    return x.grad


tape.gradient = gradient
tape.main()
