"""A tensor of an array of the bytearray: the array holds an export as long as it lives."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import tensors  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

tensors.borrowed = lambda exporter: torch.from_numpy(np.frombuffer(exporter))
tensors.main()
