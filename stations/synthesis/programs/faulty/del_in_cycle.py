"""Pages are rendered, each into a canvas of its own, which says when its memory is given back."""

PAGES = 20_000
SIZE = 100 * 1024

given_back = 0


class Canvas:
    def __init__(self, number: int) -> None:
        self.number = number
        self.pixels = bytearray(SIZE)
        self.tool = self.draw

    def draw(self) -> None:
        self.pixels[self.number] = 1

    def __del__(self) -> None:
        global given_back
        given_back += 1


def render(number: int) -> int:
    canvas = Canvas(number)  # fault: canvas.tool is a method of canvas: a cycle that only the collector ends
    canvas.tool()
    return canvas.pixels.index(1)


def main() -> None:
    print(sum(render(number) for number in range(PAGES)))


main()
