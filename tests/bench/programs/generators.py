"""Generators: pipelines, delegation, send, throw, close, and a recursive walk of a tree."""


def numbers(n):
    for i in range(n):
        yield i


def squares(source):
    for i in source:
        yield i * i


def chain(*sources):
    for source in sources:
        yield from source


def average():
    total, count, value = 0, 0, 0
    while True:
        try:
            value = yield (total // count if count else 0)
            total, count = total + value, count + 1
        except ValueError:
            total, count = 0, 0


def tree(depth):
    return None if depth == 0 else (tree(depth - 1), depth, tree(depth - 1))


def walk(node):
    if node is not None:
        yield from walk(node[0])
        yield node[1]
        yield from walk(node[2])


def run():
    total = sum(squares(numbers(20_000)))
    total += sum(chain(numbers(5_000), squares(numbers(5_000))))
    running = average()
    next(running)
    for i in range(5_000):
        total += running.send(i)
        if i % 500 == 0:
            running.throw(ValueError())
    running.close()
    root = tree(9)
    for _ in range(3):
        total += sum(walk(root))
    return total + sum(i for i in numbers(10_000) if i & 1)
