"""A solution of lab 9, {{kind}}."""

_sum = 0


def hot(n):
    global _sum
    _sum = _sum + n


def total():
    return _sum
