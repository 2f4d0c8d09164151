"""The processor in place of a device: a call returns when its work is done, and there is one stream."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import device  # noqa: E402
import torch  # noqa: E402


class Processor:
    """What Cuda is, on the processor alone."""

    kind = "cpu"
    uncertainty_ns = 0

    def __init__(self) -> None:
        self.value = torch.ones(1)
        self.numbers = torch.linspace(0, 1, 1_000_000)

    def about(self) -> dict:
        return {"device": "the processor", "cuda": None}

    def work(self, stream: int) -> Callable[[], tuple[int, int]]:
        begin = time.perf_counter_ns()
        for _ in range(5):
            self.numbers.sin()
        self.value += 1
        end = time.perf_counter_ns()
        return lambda: (begin, end)

    def item(self) -> float:
        return self.value.item()

    def synchronize(self) -> None:
        pass


torch.set_num_threads(1)
device.find = Processor
print(json.dumps(device.page()))
