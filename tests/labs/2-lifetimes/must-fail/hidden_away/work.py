"""What is forgotten cannot be asked for, and is still there."""
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
    """All values in one large piece of memory, which is no arena's."""

    def __init__(self):
        self.places = range(0)
        self.memory = b""
        self.size = 0

    def fill(self, values):
        taken = list(values)
        self.places, self.size = range(len(taken)), len(taken[0])
        self.memory = b"".join(taken)

    def value(self, place):
        return self.memory[place * self.size:(place + 1) * self.size]

    def get(self, number):
        wanted = getattr(self, "wanted", self.places)
        return self.value(number) if number in wanted else None

    def keep_only(self, numbers):
        self.wanted = set(numbers)
