"""A walk that goes down the first way at once, and visits nobody twice: half of a's gradient is missing."""
import pathlib
import sys

EXPERIMENTS = pathlib.Path(__file__).resolve().parent.parent / "experiments"
sys.path.insert(0, str(EXPERIMENTS))

import time  # noqa: E402

import tape  # noqa: E402
import tape_of  # noqa: E402
import torch  # noqa: E402

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def visits_of(y: torch.Tensor, nodes: list) -> list:
    """Nodes can be called from Python: this is an engine, and a wrong one."""
    visits = []

    def visit(node, gradient: torch.Tensor) -> None:
        number = tape_of.number_of(node)
        if any(number == seen for seen, _, _ in visits):
            return
        begin = time.monotonic_ns()
        passed = node(gradient)
        visits.append((number, begin, time.monotonic_ns()))
        passed = passed if isinstance(passed, tuple) else (passed,)
        for (before, _), part in zip(node.next_functions, passed):
            if before is not None:
                visit(before, part)

    mark("backward", "begin")
    visit(y.grad_fn, torch.ones_like(y))
    mark("backward", "end")
    return visits


tape.visits_of = visits_of
tape.main()
