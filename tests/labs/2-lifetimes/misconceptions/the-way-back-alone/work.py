"""Believes that it is enough to make the way back weak."""
import weakref


class Member:
    def __init__(self, ring):
        self._ring = weakref.ref(ring)
        self.after, self._before = None, None

    @property
    def ring(self):
        return self._ring()

    @property
    def {{forward}}(self):
        return self.after

    @property
    def {{backward}}(self):
        return self._before()


class Ring:
    def __init__(self, count):
        members = [Member(self) for _ in range(count)]
        for place, member in enumerate(members):
            member.after = members[(place + 1) % count]
            member._before = weakref.ref(members[place - 1])
        self.first = members[0]


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
        return self.value(self.places.index(number)) if number in self.places else None

    def keep_only(self, numbers):
        self.memory, self.places = b"".join(self.get(number) for number in numbers), tuple(numbers)
