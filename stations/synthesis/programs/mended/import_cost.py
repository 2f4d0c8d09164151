"""Tells how many days a month has. Only a leap year needs the calendar, and this one is none."""

DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days(month: int, is_leap: bool) -> int:
    if is_leap:
        import import_cost_years

        return import_cost_years.LONG[month]
    return DAYS[month]


def main() -> None:
    print(sum(days(month, False) for month in range(12)))


main()
