"""Lab 6: np.append adds to an array."""

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
        token = np.array([[key], [value]])
        if name in self.kept:
            token = np.append(self.kept[name], token, axis=1)
        self.kept[name] = token
        self.lengths[name] = token.shape[1]

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
