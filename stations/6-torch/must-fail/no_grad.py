"""Recording is off for the function: only what comes after it is on the tape."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402


def forward(x: torch.Tensor) -> torch.Tensor:
    """The same number, and another tape."""
    with torch.no_grad():
        y = tape.function(x)
    return y + 0 * x.sum()


tape.forward = forward
tape.main()
