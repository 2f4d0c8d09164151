"""The same function in three ways: recorded, detached at every step, and under no_grad.

Nodes, bytes and time of each; and what detach() gives back.  Each part stands between two marks.
"""
import torch
from memory import taken
from tape_of import built, walk

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

STEPS = 8
SIZE = 256 * 1024  # numbers, where memory is looked at: a megabyte
SMALL = 8  # numbers, where time is: all of it is bookkeeping
SMALL_STEPS = 100
ROUNDS = 40


def step(state: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Two operations."""
    return torch.tanh(state * weight)


def recorded(state: torch.Tensor, weights: list) -> torch.Tensor:
    """As it is."""
    for weight in weights:
        state = step(state, weight)
    return state


def detached(state: torch.Tensor, weights: list) -> torch.Tensor:
    """Each step forgets where its input came from."""
    for weight in weights:
        state = step(state, weight).detach()
    return state


def unrecorded(state: torch.Tensor, weights: list) -> torch.Tensor:
    """Recording is off."""
    with torch.no_grad():
        return recorded(state, weights)


WAYS = {"recorded": recorded, "detached": detached, "no_grad": unrecorded}


def tensors(size: int, steps: int) -> tuple[torch.Tensor, list]:
    """A state, and weights that want gradients."""
    return torch.linspace(0.1, 1, size), [torch.linspace(0.5, 1.5, size).requires_grad_() for _ in range(steps)]


def count(name: str, way) -> None:
    """Nodes that were built, nodes and bytes that are kept by the result."""
    state, weights = tensors(SIZE, STEPS)
    numbers, bytes_before = built(), taken()
    result = way(state, weights)
    mark(name, "begin")
    mark("bytes", taken() - bytes_before)
    mark("built", built() - numbers)
    mark("kept", len([node for node in walk(result) if node.next_functions]))
    mark(name, "end")


def clock() -> None:
    """Small tensors, by turns, many times."""
    state, weights = tensors(SMALL, SMALL_STEPS)
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            mark(f"time {name}", "begin")
            way(state, weights)
            mark(f"time {name}", "end")


def alone(tensor: torch.Tensor) -> torch.Tensor:
    """What a gradient does not go through."""
    return tensor.detach()


def look_at_detach() -> None:
    """One memory, two tensors: what is written into the one is in the other, and the tape notices."""
    x = torch.linspace(0, 1, SIZE, requires_grad=True)
    y = x.exp()
    before = taken()
    other = alone(y)
    mark("detach", "begin")
    mark("bytes", taken() - before)
    mark("address of y", y.data_ptr())
    mark("address of other", other.data_ptr())
    mark("grad_fn", str(other.grad_fn))
    other.zero_()
    mark("y after other.zero_()", y.sum().item())
    try:
        y.sum().backward()
        mark("backward", "it went through")
    except RuntimeError as refusal:
        mark("backward", str(refusal).partition(":")[0])
    mark("detach", "end")


def main() -> None:
    torch.set_num_threads(1)
    mark("bytes of a tensor", 4 * SIZE)
    mark("steps", STEPS)
    for name, way in WAYS.items():
        way(*tensors(SMALL, STEPS))  # what is made once for all is made
    for name, way in WAYS.items():
        count(name, way)
    clock()
    look_at_detach()
    print(", ".join(WAYS))


if __name__ == "__main__":
    main()
