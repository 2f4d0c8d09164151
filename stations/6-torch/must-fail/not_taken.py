"""detach() is called, and what it returns is not taken: the tape goes on."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import modes  # noqa: E402
import torch  # noqa: E402


def detached(state: torch.Tensor, weights: list) -> torch.Tensor:
    """detach() changes nothing in place; detach_() would."""
    for weight in weights:
        state = modes.step(state, weight)
        state.detach()
    return state


modes.WAYS["detached"] = detached
modes.main()
