"""The floor space of many rooms, taken in the order in which they were drawn.

Rooms have eight shapes, each a class of its own, and no two neighbours have the same.
"""

ROUNDS = 400
ROOMS = 8_000
SHAPES = ("Square", "Hall", "Corridor", "Attic", "Closet", "Stair", "Porch", "Loft")


def shape_class(name: str) -> type:
    """A class as somebody would have written it by hand."""

    class Shape:
        def __init__(self, width: int, depth: int) -> None:
            self.width = width
            self.depth = depth

        def space(self) -> int:
            return self.width * self.depth

    Shape.__name__ = name
    return Shape


def draw() -> list:
    classes = [shape_class(name) for name in SHAPES]
    return [classes[i % len(classes)](i % 7 + 1, i % 5 + 1) for i in range(ROOMS)]


def total_space(rooms: list) -> int:
    total = 0
    for room in rooms:
        total += room.space()  # fault: eight classes in turn at one call
    return total


def main() -> None:
    rooms = draw()
    print(sum(total_space(rooms) for _ in range(ROUNDS)))


main()
