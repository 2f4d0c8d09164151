"""One memory and a tensor of it: where it lies, and what keeps it there.

Each part stands between two marks of its own name.  A tensor does not lend its memory by the buffer protocol;
where it lies is what data_ptr() says.
"""
import array

import numpy as np
import torch

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

NUMBERS = 1000


def as_tensor(seen: np.ndarray) -> torch.Tensor:
    """A tensor of somebody's memory."""
    return torch.from_numpy(seen)


def exchanged(seen: np.ndarray) -> torch.Tensor:
    """The same, by DLPack."""
    return torch.from_dlpack(seen)


def borrowed(exporter: bytearray) -> torch.Tensor:
    """A tensor of what lends its memory by the protocol."""
    return torch.frombuffer(exporter, dtype=torch.float64)


def main() -> None:
    # --- one address ------------------------------------------------------------------------------
    exporter = array.array("d", range(NUMBERS))
    mark("seen from a tensor", "begin")
    view = memoryview(exporter)
    seen = np.frombuffer(view)
    tensor = as_tensor(seen)
    memoryview(tensor.numpy()).release()
    mark("seen from a tensor", "end")
    mark("tensor", tensor.data_ptr())
    mark("exchange with a tensor", "begin")
    other = exchanged(seen)
    mark("exchange with a tensor", "end")
    mark("exchanged", other.data_ptr())

    # --- the export is given back, and the tensor stays ---------------------------------------------
    exporter = bytearray(8 * NUMBERS)
    mark("borrowed by a tensor", "begin")
    tensor = borrowed(exporter)
    mark("borrowed by a tensor", "grow")
    try:
        exporter.extend(bytes(40_000_000))
        print("grown under a tensor")
    except BufferError as refusal:
        print("refused:", refusal)
    mark("borrowed by a tensor", "look")
    memoryview(exporter).release()
    mark("borrowed by a tensor", "end")
    mark("borrower", tensor.data_ptr())
    # The numbers of `tensor` must not be looked at now: its memory belongs to somebody else.


if __name__ == "__main__":
    main()
