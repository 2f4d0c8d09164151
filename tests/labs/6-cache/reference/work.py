"""Lab 6, a reference solution."""

import numpy as np

BLOCK = {{block}}
WIDTH = {{width}}
RULE = "{{rule}}"
SLOPE = {{slope}} / 100
RECENT = {{recent}}


class Cache:
    def __init__(self):
        self.tables = {}            # name -> blocks, in order
        self.lengths = {}
        self.users = {}             # id of a block -> how many tables have it
        self.spare = []
        self.made = 0

    def append(self, name, key, value):
        table = self.tables.setdefault(name, [])
        place = self.lengths.setdefault(name, 0) % BLOCK
        if place == 0:
            table.append(self.take())
        elif self.users[id(table[-1])] > 1:
            self.users[id(table[-1])] -= 1
            table[-1] = self.take(table[-1])
        table[-1][0, place] = key
        table[-1][1, place] = value
        self.lengths[name] += 1

    def take(self, like=None):
        if self.spare:
            block = self.spare.pop()
            if like is not None:
                block[:] = like
        elif like is None:
            block = np.empty((2, BLOCK, WIDTH))
            self.made += 1
        else:
            block = like.copy()
            self.made += 1
        self.users[id(block)] = 1
        return block

    def fork(self, name, other):
        self.tables[other] = list(self.tables[name])
        self.lengths[other] = self.lengths[name]
        for block in self.tables[other]:
            self.users[id(block)] += 1

    def end(self, name):
        for block in self.tables.pop(name):
            self.users[id(block)] -= 1
            if self.users[id(block)] == 0:
                self.spare.append(block)
        del self.lengths[name]

    def attend(self, name, query):
        whole = np.concatenate(self.tables[name], axis=1)[:, : self.lengths[name]]
        if RULE == "recent":
            whole = whole[:, -RECENT:]
        scores = whole[0] @ query / np.sqrt(WIDTH)
        if RULE == "sloped":
            scores -= SLOPE * np.arange(len(scores))[::-1]
        weights = np.exp(scores - scores.max())
        return weights @ whole[1] / weights.sum()

    def accounting(self):
        return {"bytes": self.made * 2 * BLOCK * WIDTH * 8, "tokens": sum(self.lengths.values())}
