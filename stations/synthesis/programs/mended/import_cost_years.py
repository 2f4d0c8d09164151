"""A calendar of many years, worked out when it is imported."""

YEARS = range(1600, 3400)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def weekdays(year: int) -> list[int]:
    """The day of the week of each day of a year."""
    before = sum(366 if is_leap(other) else 365 for other in range(1600, year))
    return [(before + day) % 7 for day in range(366 if is_leap(year) else 365)]


CALENDAR = {year: weekdays(year) for year in YEARS}
LONG = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
