"""Sites that specialize, one that cannot, and one that is given another type than it was made for."""
# record: events=spec+mark
import glassbox


def add(a, b):
    return a + b


def first(rows):
    return rows[0]


def cannot(left, right):
    return left @ right


class Matrix:
    def __matmul__(self, other):
        return 1


def run():
    for _ in range(4):
        add(1, 2)
    add(1.5, 2.5)                       # made for int
    for _ in range(4):
        first([1])
    for _ in range(4):
        cannot(m, m)


m = Matrix()
glassbox.mark("begin")
run()
glassbox.mark("end")
