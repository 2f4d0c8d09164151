"""One node is written in Python: the engine has to take the lock for it, and to push a frame."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402


class Exp(torch.autograd.Function):
    """The exponential, once more."""

    @staticmethod
    def forward(ctx, a: torch.Tensor) -> torch.Tensor:
        y = a.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, gradient: torch.Tensor) -> torch.Tensor:
        (y,) = ctx.saved_tensors
        return gradient * y


def function(x: torch.Tensor) -> torch.Tensor:
    """The same function."""
    a = x * x
    return (a.sin() * Exp.apply(a)).sum()


tape.function = function
tape.main()
