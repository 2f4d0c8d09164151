"""Believes that the name of the attribute decides."""
import types

FIRST, SECOND = "{{change}}".split(" to ")
VALUES = {"int": (1, 2), "float": (0.5, 1.5), "str": ("a", "b")}
WARM_UP = 4
MISSES = 53  # that many take the counter below zero


def steady(a, b):
    return a + b  # the site: leave this line as it is


def drive_steady():
    for _ in range(WARM_UP):
        steady(*VALUES[FIRST])
    for _ in range({{few}}):
        steady(*VALUES[SECOND])


def turns(a, b):
    return a + b  # the site: leave this line as it is


def drive_turns():
    for _ in range(WARM_UP):
        turns(*VALUES[FIRST])
    for _ in range(MISSES + WARM_UP):
        turns(*VALUES[SECOND])
    for _ in range({{later}}):
        turns(*VALUES[FIRST])


class WithSlot:
    __slots__ = ("{{attribute}}",)

    def __init__(self):
        self.{{attribute}} = 1


class Plain:
    def __init__(self):
        self.{{attribute}} = 1


class WithProperty:
    @property
    def {{attribute}}(self):
        return 1


class OfTheClass:
    {{attribute}} = 1


def with_own_dict():
    """An instance whose attributes are in a dict that came from elsewhere."""
    thing = Plain()
    thing.__dict__ = {"{{attribute}}": 1}
    return thing


def module():
    made = types.ModuleType("made")
    made.{{attribute}} = 1
    return made


MAKERS = {
    "LOAD_ATTR_SLOT": WithSlot,
    "LOAD_ATTR_INSTANCE_VALUE": Plain,
    "LOAD_ATTR_MODULE": module,
    "LOAD_ATTR_WITH_HINT": with_own_dict,
    "LOAD_ATTR_PROPERTY": WithProperty,
    "LOAD_ATTR_CLASS": lambda: OfTheClass,
}


def reads(thing):
    return thing.{{attribute}}  # the site: leave this line as it is


def drive_reads():
    first, then = MAKERS["{{first_opcode}}"](), MAKERS["{{then_opcode}}"]()
    for _ in range(WARM_UP):
        reads(first)
    then.{{attribute}}
    for _ in range(MISSES + WARM_UP):
        reads(first)


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


def forget(error, name):
    """Clear the one frame that has a local of this name."""
    entry = error.__traceback__
    while entry is not None:
        if name in entry.tb_frame.f_code.co_varnames:
            entry.tb_frame.clear()
        entry = entry.tb_next


def attempt(take):
    """Run the three steps, and return the error for the log."""
    kept = []
    try:
        accept(take)
    except ValueError as error:
        forget(error, "{{secret}}")
        kept.append(error)
    return kept.pop()
