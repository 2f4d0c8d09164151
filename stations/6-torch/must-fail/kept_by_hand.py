"""no_grad keeps nothing, but the program does: every state goes into a list."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import modes  # noqa: E402
import torch  # noqa: E402

states = []


def unrecorded(state: torch.Tensor, weights: list) -> torch.Tensor:
    """A history by hand."""
    with torch.no_grad():
        for weight in weights:
            state = modes.step(state, weight)
            states.append(state)
    return state


modes.WAYS["no_grad"] = unrecorded
modes.main()
