"""Lab 6: keys and values of several sequences. See task.md."""

import numpy as np

BLOCK = {{block}}               # tokens of a block
WIDTH = {{width}}              # numbers of a key, and of a value
RULE = "{{rule}}"
SLOPE = {{slope}} / 100
RECENT = {{recent}}

MOST = 64               # tokens: what this one sets aside for each sequence


class Cache:
    """Contiguous: right as far as it goes, and wasteful. TODO: in blocks."""

    def __init__(self):
        self.kept = {}              # name -> an array of keys and values
        self.lengths = {}

    def append(self, name, key, value):
        """Keep one token more of a sequence, which begins with its first."""
        if name not in self.kept:
            self.kept[name] = np.empty((2, MOST, WIDTH))
            self.lengths[name] = 0
        self.kept[name][0, self.lengths[name]] = key
        self.kept[name][1, self.lengths[name]] = value
        self.lengths[name] += 1

    def fork(self, name, other):
        """A sequence `other` that begins with all tokens of `name`."""
        self.kept[other] = self.kept[name].copy()            # TODO: share
        self.lengths[other] = self.lengths[name]

    def end(self, name):
        """Forget a sequence."""
        del self.kept[name], self.lengths[name]              # TODO: keep its blocks for others

    def attend(self, name, query):
        """Attention over the sequence's tokens."""
        keys, values = self.kept[name][:, : self.lengths[name]]
        scores = keys @ query / np.sqrt(WIDTH)
        # TODO: the rule of the task
        weights = np.exp(scores - scores.max())
        return weights @ values / weights.sum()

    def accounting(self):
        """What it has: bytes of memory for keys and values, and tokens that it keeps."""
        return {"bytes": 0, "tokens": sum(self.lengths.values())}           # TODO
