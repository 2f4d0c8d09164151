"""The rows of a table are worked out by a formula that comes as text."""

FORMULA = "price * (1 + tax / 100) - (5 if price > 100 else 0)"
ROWS = [{"price": number % 211, "tax": number % 3 * 7} for number in range(12_000)]


def work_out(formula: str, rows: list[dict[str, int]]) -> float:
    total = 0.0
    for row in rows:
        total += eval(formula, {}, row)  # fault: the same text is compiled for each row
    return total


def main() -> None:
    print(f"{work_out(FORMULA, ROWS):.2f}")


main()
