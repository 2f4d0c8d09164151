"""Calls of Python functions in every form: positional, keyword, default, star, method, recursive."""


def nothing():
    pass


def add(a, b=1, *, c=0):
    return a + b + c


def collect(*args, **kwargs):
    return len(args) + len(kwargs)


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Counter:
    def __init__(self, start):
        self.value = start

    def step(self, by):
        self.value += by
        return self

    @property
    def double(self):
        return self.value * 2


def run():
    total = 0
    for i in range(20_000):
        nothing()
        total += add(i) + add(i, 2) + add(i, c=3)
        total += collect(i, i, key=i)
        total += Counter(i).step(1).step(2).double
    return total + fib(18)
