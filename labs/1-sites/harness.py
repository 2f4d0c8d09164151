"""Lab 1: have the three sites driven, have an error made, and keep it for a while.

Nothing here counts or compares: what happened is in the trace.
"""
import gc

import glassbox
import lab

STEPS = "order", "stock", "card"


class Cargo:
    """What a step has in a local variable; its death can be seen."""


# --- the error handling that the learner was given, for comparison -----------------------------------

def charge(take):
    card = take("card")
    raise ValueError(f"no money on {type(card).__name__}")


def reserve(take):
    stock = take("stock")
    charge(take)
    return stock


def accept(take):
    order = take("order")
    reserve(take)
    return order


def attempt(take):
    try:
        accept(take)
    except ValueError as error:
        return error


# --- the parts ----------------------------------------------------------------------------------------

def sites(work):
    """Each part has one site in it."""
    with lab.part("steady"):
        work.drive_steady()
    with lab.part("turns"):
        work.drive_turns()
    with lab.part("reads"):
        work.drive_reads()


def cargo_for(prefix):
    """A cargo for each step; dict.pop hands out the only reference to each: no function of ours is in between."""
    cargo = {name: Cargo() for name in STEPS}
    for name in STEPS:
        glassbox.watch(cargo[name], prefix + name)
    return cargo.pop


def given():
    """What becomes of the locals if nobody does anything about it."""
    take = cargo_for("given ")
    with lab.part("given"):
        kept = attempt(take)
    del kept


def error(work):
    """The learner's error handling: what dies before the return, and what when the error goes."""
    take = cargo_for("")
    with lab.part("attempt"):
        kept = work.attempt(take)
    if isinstance(kept, BaseException):
        glassbox.watch(kept, "error")
    with lab.part("dropped"):
        del kept


def main():
    work = lab.load()
    gc.disable()
    sites(work)
    given()
    error(work)


lab.main(main)
