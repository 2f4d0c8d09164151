"""Lab 1. The parts that say TODO are yours; task.md says what is wanted.

You may add classes, functions and imports. Leave the names of the functions as they
are, and the lines that are marked: they are what is looked at.
"""


# --- steady: settles, misses {{few}} times, never asks again ---

def steady(a, b):
    return a + b  # the site: leave this line as it is


def drive_steady():
    """Call steady() as the task asks."""
    steady(1, 2)  # TODO


# --- turns: changes its mind, {{change}}, then misses {{later}} times more ---

def turns(a, b):
    return a + b  # the site: leave this line as it is


def drive_turns():
    """Call turns() as the task asks."""
    turns(1, 2)  # TODO


# --- reads: {{first_opcode}} first, then {{then_opcode}} ---

class Thing:
    """TODO: what does it take for reads() to get the first of the two opcodes?"""

    def __init__(self):
        self.{{attribute}} = 1


def reads(thing):
    return thing.{{attribute}}  # the site: leave this line as it is


def drive_reads():
    """Call reads() as the task asks."""
    reads(Thing())  # TODO


# --- an error that does not keep '{{secret}}' ---

def charge(take):
    """The last step: it fails."""
    card = take("card")
    raise ValueError(f"no money on {type(card).__name__}")


def reserve(take):
    """The step in the middle."""
    stock = take("stock")
    charge(take)
    return stock


def accept(take):
    """The first step."""
    order = take("order")
    reserve(take)
    return order


def attempt(take):
    """Run the three steps, and return the error for the log."""
    try:
        accept(take)
    except ValueError as error:
        return error  # TODO: '{{secret}}' has to be gone by now, and nothing else
