"""Documents are parsed into trees, counted, and let go."""

DOCUMENTS = 1_200
SECTIONS = 25
PARAGRAPHS = 20


class Node:
    def __init__(self, number: int) -> None:
        self.number = number
        self.children: list[Node] = []

    def add(self, child: "Node") -> None:
        self.children.append(child)


def parse(number: int) -> Node:
    document = Node(number)
    for section_number in range(SECTIONS):
        section = Node(section_number)
        document.add(section)
        for paragraph_number in range(PARAGRAPHS):
            section.add(Node(paragraph_number))
    return document


def size(node: Node) -> int:
    return 1 + sum([size(child) for child in node.children])


def main() -> None:
    print(sum(size(parse(number)) for number in range(DOCUMENTS)))


main()
