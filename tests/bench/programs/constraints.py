"""Polymorphic methods and graphs: one-way constraints of several classes, re-planned as inputs change."""


class Variable:
    def __init__(self, value=0):
        self.value, self.source, self.readers, self.mark = value, None, [], 0


class Constraint:
    def __init__(self, output, *inputs):
        self.output, self.inputs = output, inputs
        output.source = self
        for variable in inputs:
            variable.readers.append(self)

    def compute(self):
        raise NotImplementedError

    def execute(self):
        self.output.value = self.compute()


class Equal(Constraint):
    def compute(self):
        return self.inputs[0].value


class Scale(Constraint):
    def compute(self):
        return (self.inputs[0].value * 3 + 1) % 10_007


class Sum(Constraint):
    def compute(self):
        return sum(variable.value for variable in self.inputs) % 10_007


def plan(variable, mark):
    """The constraints downstream of a variable, in an order in which each comes after its inputs."""
    order, work = [], [(variable, iter(variable.readers))]
    while work:
        current, readers = work[-1]
        for constraint in readers:
            output = constraint.output
            if output.mark != mark:
                output.mark = mark
                work.append((output, iter(output.readers)))
                break
        else:
            work.pop()
            if current.source is not None:
                order.append(current.source)
    return order[::-1]


def run():
    inputs = [Variable(i) for i in range(4)]
    layer = inputs
    for depth in range(40):
        kind = (Equal, Scale)[depth & 1]
        following = []
        for i in range(len(layer)):
            node = Variable()
            kind(node, layer[i])
            total = Variable()
            Sum(total, node, layer[i - 1])
            following.append(total)
        layer = following
    for mark in range(1, 61):
        variable = inputs[mark % 4]
        variable.value = mark
        for constraint in plan(variable, mark):
            constraint.execute()
    return [variable.value for variable in layer]
