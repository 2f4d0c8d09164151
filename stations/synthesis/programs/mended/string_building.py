"""A report of many lines, put together once at its end."""

LINES = 10_000


class Report:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)

    @property
    def text(self) -> str:
        return "".join(self.lines)


def main() -> None:
    report = Report()
    for number in range(LINES):
        report.add(f"{number:06d} entry of the log\n")
    text = report.text
    print(len(text), text.count("7 entry"))


main()
