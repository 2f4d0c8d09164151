"""Lab 9, {{student}}: {{calls}} calls with {{kind}}."""


def hot(n):
    pass


def total():
    return 0
