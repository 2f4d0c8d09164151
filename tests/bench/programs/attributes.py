"""Attribute access of every kind that the interpreter specializes, and some that it cannot."""

import math


class Plain:
    kind = "plain"

    def __init__(self, x):
        self.x, self.y = x, x + 1

    def method(self):
        return self.x


class Slotted:
    __slots__ = ("x", "y")
    kind = "slotted"

    def __init__(self, x):
        self.x, self.y = x, x + 2

    def method(self):
        return self.y


class Dynamic(Plain):
    def __getattr__(self, name):
        return len(name)


class Shape(Plain):
    @property
    def area(self):
        return self.x * self.y

    @classmethod
    def make(cls, x):
        return cls(x)

    @staticmethod
    def unit():
        return 1


def run():
    total = 0
    objects = [Plain(1), Slotted(2), Dynamic(3), Shape(4)]
    for i in range(6000):
        item = objects[i & 3]
        item.x = i & 7
        total += item.x + item.y + item.method() + len(item.kind)
        shape = objects[3]
        total += shape.area + Shape.unit() + math.floor(1.5)
        total += objects[2].unknown
        if i % 16 == 0:
            total += Shape.make(i).area
    return total
