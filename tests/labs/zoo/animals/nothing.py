"""Does nothing: what it earns is what every cheat below that gains nothing earns."""


def hot(n):
    pass


def total():
    return 0
