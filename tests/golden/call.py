"""A call, a call in it, and a class whose __init__ is entered without a C call once it is known."""
# record: events=frame+mark
import glassbox


def add(a, b):
    return a + b


def twice(a):
    return add(a, b=a)


class Point:
    def __init__(self, x):
        self.x = x


def points():
    return [Point(x) for x in range(3)]


glassbox.mark("begin")
twice(21)
points()
glassbox.mark("end")
