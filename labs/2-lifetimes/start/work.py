"""Lab 2. The parts that say TODO are yours; task.md says what is wanted.

You may add classes, functions and imports. Keep the names that are here.
"""


# --- a ring that needs no collector ---

class Member:
    """One of the ring: it knows its two neighbours and its ring."""

    def __init__(self, ring):
        self.ring = ring
        self.{{forward}} = None
        self.{{backward}} = None


class Ring:
    """The whole: whoever holds it holds all members."""

    def __init__(self):
        self.first = None


def build(count):
    """A ring of so many members. TODO: it works, and cannot die."""
    ring = Ring()
    members = [Member(ring) for _ in range(count)]
    for number, member in enumerate(members):
        member.{{forward}} = members[(number + 1) % count]
        member.{{backward}} = members[number - 1]
    ring.first = members[0]
    return ring


# --- a cache that pins no arena ---

class Cache:
    """Values of {{size}} bytes, known by their numbers: 0, 1, 2 and so on.

    TODO: it works, and pins arenas.
    """

    def __init__(self):
        self.values = {}

    def fill(self, values):
        """Take the values, in the order of their numbers.

        `values` is an iterator of bytes, all of the same length; each of them
        is made when you ask for it.
        """
        for number, value in enumerate(values):
            self.values[number] = value

    def get(self, number):
        """The value of this number, or None."""
        return self.values.get(number)

    def keep_only(self, numbers):
        """Forget all values but those of these numbers."""
        for number in self.values.keys() - set(numbers):
            del self.values[number]
