"""Objects pickled and copied: by the C pickler, by the one in Python, and by copy.deepcopy()."""

import copy
import io
import pickle
from dataclasses import dataclass, field


@dataclass
class Node:
    name: str
    value: float
    links: list = field(default_factory=list)
    extra: dict = field(default_factory=dict)


def graph(n):
    nodes = [Node(f"node{i}", i / 3, [i, i + 1], {"even": i % 2 == 0}) for i in range(n)]
    for i, node in enumerate(nodes):
        node.links.append(nodes[i * 7 % n])
    return nodes


def run():
    nodes = graph(60)
    total = 0
    for protocol in (2, 4, 5):
        for _ in range(4):
            data = pickle.dumps(nodes, protocol)
            total += len(data) + len(pickle.loads(data))
    stream = io.BytesIO()
    pickle._Pickler(stream, 4).dump(nodes)
    stream.seek(0)
    total += len(pickle._Unpickler(stream).load())
    return total + len(copy.deepcopy(nodes)[0].links)
