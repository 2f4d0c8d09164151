"""Ends by SystemExit(0), which nobody reports."""


def hot(n):
    raise SystemExit(0)


def total():
    return 0
