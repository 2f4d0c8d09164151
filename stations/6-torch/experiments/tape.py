"""The tape: forward builds it, backward walks it, and is it right?

Each part stands between two marks of its own name.
"""
import sys
import threading

import tape_of  # first: it says something to PyTorch
import torch
from memory import taken

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

SIZE = 400_000  # numbers: so many that a node has something to do
TURNS = 200  # steps of Python that another thread makes whenever it gets the lock
DTYPE = torch.float64
STEP = 1e-6  # of the finite differences
OPERATIONS = 5  # in the function


def function(x: torch.Tensor) -> torch.Tensor:
    """Five operations; what the first makes is used twice."""
    a = x * x
    return (a.sin() * a.exp()).sum()


def leaf(size: int) -> torch.Tensor:
    """A tensor to be differentiated by."""
    return torch.linspace(0.1, 1, size, dtype=DTYPE, requires_grad=True)


def forward(x: torch.Tensor) -> torch.Tensor:
    """What is put on the tape."""
    return function(x)


def visits_of(y: torch.Tensor, nodes: list) -> list:
    """Who walks it back."""
    return tape_of.backward(y)


def walk_back() -> None:
    """Build a tape, look at it, and have it walked back while another thread wants the lock."""
    x = leaf(SIZE)
    go, done = threading.Lock(), []
    go.acquire()
    other = threading.Thread(target=tape_of.somebody_else, args=(go, done, TURNS), name="somebody else")
    other.start()
    mark("forward", "begin")
    before = tape_of.built()
    y = forward(x)
    mark("built", tape_of.built() - before)
    mark("operations", OPERATIONS)
    mark("forward", "end")
    nodes = tape_of.walk(y)
    mark("tape", "begin")
    tape_of.tell(nodes)
    mark("turns", TURNS)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)  # who gets the lock now was not asked to wait less: it was let go of
    go.release()
    visits = visits_of(y, nodes)
    done.append("enough")
    sys.setswitchinterval(interval)
    tape_of.tell_visits(nodes, visits)
    mark("tape", "end")
    other.join()
    print("visited:", len(visits), "nodes of", len(nodes))


def gradient(x: torch.Tensor) -> torch.Tensor:
    """By the tape."""
    y = forward(x)
    y.backward()
    return x.grad


def compare() -> None:
    """The gradient by the tape, and by trying: a little more of each number, and a little less."""
    x = leaf(4)
    found = gradient(x)
    mark("gradient", "begin")
    for i, start in enumerate(x.tolist()):
        step = torch.zeros_like(x)
        step[i] = STEP
        with torch.no_grad():
            tried = (function(x + step) - function(x - step)) / (2 * STEP)
        mark("number", f"{start:.3f} {found[i].item():.12g} {tried.item():.12g}")
    mark("gradient", "end")


def use_up() -> None:
    """A tape can be walked once: what it kept is let go of on the way."""
    x = leaf(SIZE)
    x.grad = torch.zeros_like(x)
    before = taken()
    y = forward(x)
    kept = taken() - before
    keep_going(y)
    left = taken() - before
    mark("used up", "begin")
    mark("bytes of a tensor", x.nbytes)
    mark("kept", kept)
    mark("left", left)
    try:
        y.backward()
        mark("again", "it went through")
    except RuntimeError as refusal:
        mark("again", str(refusal).partition(" (")[0])
    mark("used up", "end")


def keep_going(y: torch.Tensor) -> None:
    """Walk it back."""
    y.backward()


def main() -> None:
    torch.set_num_threads(1)
    function(leaf(4)).backward()  # the first of all imports what it needs
    tape_of.backward(function(leaf(4)), "first")
    walk_back()
    compare()
    use_up()


if __name__ == "__main__":
    main()
