"""The tape of a tensor: its nodes, who feeds whom, and in which order backward came by.

PyTorch keeps the tape in C++.  Python can ask: a tensor has a `grad_fn`, the node that made it, and a node
has `next_functions`, the nodes to which its gradient goes on.
"""
import os
import threading
import time

os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # the profiler says on stderr what it does, else

import torch
from torch.autograd.profiler import profile

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

EVALUATE = "autograd::engine::evaluate_function: "


def built() -> int:
    """How many nodes this thread has ever built: PyTorch numbers them."""
    return torch._C._autograd._get_sequence_nr()


def walk(tensor: torch.Tensor) -> list:
    """The nodes from which a tensor came, itself first, each once."""
    found, waiting = [], [tensor.grad_fn]
    while waiting:
        node = waiting.pop(0)
        if node is not None and node not in found:
            found.append(node)
            waiting += [before for before, _ in node.next_functions]
    return found


def number_of(node) -> int:
    """The number that the node was built with; a leaf's has none."""
    return node._sequence_nr() if node.name() != "torch::autograd::AccumulateGrad" else -1


def tell(nodes: list) -> None:
    """Mark the nodes and the ways between them: `node INDEX NUMBER NAME`, `edge FROM TO`."""
    for index, node in enumerate(nodes):
        mark("node", f"{index} {number_of(node)} {node.name().rpartition('::')[2]}")
        for before, _ in node.next_functions:
            if before is not None:
                mark("edge", f"{index} {nodes.index(before)}")


def backward(tensor: torch.Tensor, name: str = "backward") -> list:
    """Let PyTorch walk it back between two marks, watched by its own profiler, which calls no Python.

    Returns (number, begin, end) of each node as it was visited, in nanoseconds of time.monotonic().
    """
    lead = time.time_ns() - time.monotonic_ns()
    with profile(use_cpu=True) as watched:
        mark(name, "begin")
        tensor.backward()
        mark(name, "end")
    return [
        (event.sequence_nr(), event.start_ns() - lead, event.end_ns() - lead)
        for event in watched.kineto_results.events()
        if event.name().startswith(EVALUATE)
    ]


def tell_visits(nodes: list, visits: list) -> None:
    """Mark the order in which nodes were visited: `visit INDEX BEGIN END`."""
    index_of = {number_of(node): index for index, node in enumerate(nodes)}
    for number, begin, end in sorted(visits, key=lambda visit: visit[1]):
        mark("visit", f"{index_of[number]} {begin} {end}")


def somebody_else(go: threading.Lock, done: list, turns: int) -> None:
    """Another thread: waits to be let go, and then wants the lock, again and again, for a little Python."""
    go.acquire()
    while not done:
        for _ in range(turns):
            tick()
        time.sleep(0.0005)


def tick() -> None:
    """One step of Python."""
