"""The space of many rooms of eight kinds, kind by kind: neighbours are alike."""

ROUNDS = 250
ROOMS = 8_000


class Room:
    def __init__(self, width: int, depth: int) -> None:
        self.width = width
        self.depth = depth
        self.doors = 1 + width % 2


class Square(Room):
    def space(self) -> int:
        return self.width * self.width


class Hall(Room):
    def space(self) -> int:
        return self.width * self.depth


class Corridor(Room):
    def space(self) -> int:
        return self.width + self.depth


class Attic(Room):
    def space(self) -> int:
        return self.width * self.depth // 2


class Closet(Room):
    def space(self) -> int:
        return 1


class Stair(Room):
    def space(self) -> int:
        return self.depth


class Porch(Room):
    def space(self) -> int:
        return self.width * 2


class Loft(Room):
    def space(self) -> int:
        return self.depth * self.depth // 3


KINDS = (Square, Hall, Corridor, Attic, Closet, Stair, Porch, Loft)


def draw() -> list[Room]:
    return [KINDS[number % len(KINDS)](number % 7 + 1, number % 5 + 1) for number in range(ROOMS)]


def total(rooms: list[Room]) -> int:
    result = 0
    for room in rooms:
        result += room.space() * room.doors
    return result


def main() -> None:
    rooms = sorted(draw(), key=lambda room: type(room).__name__)
    print(sum(total(rooms) for _ in range(ROUNDS)))


main()
