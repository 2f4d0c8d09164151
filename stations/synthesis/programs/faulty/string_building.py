"""A report of many lines, put together line by line."""

LINES = 10_000


class Report:
    def __init__(self) -> None:
        self.text = ""

    def add(self, line: str) -> None:
        self.text += line  # fault: all of the text is copied for each line


def main() -> None:
    report = Report()
    for number in range(LINES):
        report.add(f"{number:06d} entry of the log\n")
    print(len(report.text), report.text.count("7 entry"))


main()
