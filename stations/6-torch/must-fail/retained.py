"""The tape is to be retained: nothing is let go of, and it can be walked again."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tape  # noqa: E402
import torch  # noqa: E402


def keep_going(y: torch.Tensor) -> None:
    """For who wants to walk it twice."""
    y.backward(retain_graph=True)


tape.keep_going = keep_going
tape.main()
