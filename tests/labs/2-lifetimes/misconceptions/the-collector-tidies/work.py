"""Believes that a collection moves together what is left."""
import gc
import weakref


class Member:
    """It knows the ring and its own place, and holds neither ring nor neighbour."""

    __slots__ = ("_ring", "place", "__weakref__")

    def __init__(self, ring, place):
        self._ring = weakref.ref(ring)
        self.place = place

    @property
    def ring(self):
        return self._ring()

    @property
    def {{forward}}(self):
        members = self._ring().members
        return members[(self.place + 1) % len(members)]

    @property
    def {{backward}}(self):
        return self._ring().members[self.place - 1]


class Ring:
    """The one holder of all members."""

    def __init__(self, count):
        self.members = [Member(self, place) for place in range(count)]

    @property
    def first(self):
        return self.members[0]


def build(count):
    return Ring(count)


class Cache:
    """A dict of values."""

    def __init__(self):
        self.values = {}

    def fill(self, values):
        self.values = dict(enumerate(values))

    def get(self, number):
        return self.values.get(number)

    def keep_only(self, numbers):
        self.values = {number: self.values[number] for number in numbers}
        gc.collect()
