"""Lab 6: an array that doubles when it is full wastes little."""

import numpy as np

BLOCK = {{block}}
WIDTH = {{width}}
RULE = "{{rule}}"
SLOPE = {{slope}} / 100
RECENT = {{recent}}


class Cache:
    def __init__(self):
        self.kept = {}
        self.lengths = {}

    def append(self, name, key, value):
        length = self.lengths.setdefault(name, 0)
        array = self.kept[name] if length else self.kept.setdefault(name, np.empty((2, 4, WIDTH)))
        if length == array.shape[1]:
            larger = np.empty((2, 2 * length, WIDTH))
            larger[:, :length] = array
            self.kept[name] = array = larger
        array[0, length], array[1, length] = key, value
        self.lengths[name] += 1

    def fork(self, name, other):
        self.kept[other] = self.kept[name].copy()
        self.lengths[other] = self.lengths[name]

    def end(self, name):
        del self.kept[name], self.lengths[name]

    def attend(self, name, query):
        whole = self.kept[name][:, : self.lengths[name]]
        if RULE == "recent":
            whole = whole[:, -RECENT:]
        scores = whole[0] @ query / np.sqrt(WIDTH)
        if RULE == "sloped":
            scores -= SLOPE * np.arange(len(scores))[::-1]
        weights = np.exp(scores - scores.max())
        return weights @ whole[1] / weights.sum()

    def accounting(self):
        return {"bytes": sum(array.nbytes for array in self.kept.values()), "tokens": sum(self.lengths.values())}
