"""The claim on costs must fail here: the form called generic can specialize after all.

Its globals are an ordinary small dict, so nothing keeps LOAD_GLOBAL from specializing there.
"""
import dis
from time import perf_counter_ns
from types import FunctionType

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

value = 7


def from_local(turns):
    x = value
    for _ in range(turns):
        (
            x,
            x,
            x,
            x,
        )


def from_global(turns):
    for _ in range(turns):
        (
            value,
            value,
            value,
            value,
        )


def from_local_pairs(turns):
    x = value
    for _ in range(turns):
        (x, x, x, x)


def empty_loop(turns):
    for _ in range(turns):
        pass


def timed(function):
    start = perf_counter_ns()
    function(400)
    return perf_counter_ns() - start


code = from_global.__code__.replace(co_name="from_crowd", co_qualname="from_crowd")
forms = {
    "empty": empty_loop,
    "local": from_local,
    "local pairs": from_local_pairs,
    "specialized": from_global,
    "generic": FunctionType(code, {"value": value}),
}
mark("cost", "begin")
rounds = [{name: timed(form) for name, form in forms.items()} for _ in range(30)]
best = {name: min(times[name] for times in rounds) for name in forms}
for name in ("local pairs", "local", "specialized", "generic"):
    mark(f"ns {name}", (best[name] - best["empty"]) / (400 * 4))
mark("loads a turn", 4)
mark("rounds", len(rounds))
mark("rounds in order", sum(r["local"] < r["specialized"] < r["generic"] for r in rounds))
for instruction in dis.get_instructions(forms["generic"]):
    site = f"site from_crowd {instruction.offset // 2} {instruction.baseopname}"
    mark(site, str(instruction.argval))
mark("cost", "end")
