"""One value, read as a local and as a global: what the interpreter does, and what it costs."""
import dis
from time import perf_counter_ns
from types import FunctionType

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

LOADS = 16  # loads in one turn of each loop below
TURNS = 200
DEPTHS = 12
ROUNDS = 30
ORDER = ("fused locals", "local"), ("local", "specialized"), ("specialized", "generic")

value = 7


# One statement a line: on one line the compiler makes one instruction of a store and the load after it.

def from_local(turns):
    x = value
    for _ in range(turns):
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x
        y = x


def from_global(turns):
    for _ in range(turns):
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value
        y = value


def from_local_fused(turns):
    x = value
    for _ in range(turns):
        y = x; y = x; y = x; y = x; y = x; y = x; y = x; y = x  # noqa: E702
        y = x; y = x; y = x; y = x; y = x; y = x; y = x; y = x  # noqa: E702


def empty_loop(turns):
    for _ in range(turns):
        pass


def read_answer():
    return answer


def show_sites(function):
    """Record every instruction of `function`: what it is about, and how large its inline cache is."""
    for instruction in dis.get_instructions(function, show_caches=True):
        offset = instruction.offset // 2
        site = f"{function.__qualname__} {offset} {instruction.baseopname}"
        mark(f"site {site}", str(instruction.argval))
        mark(f"cache {site}", str(sum(size for name, size, data in instruction.cache_info or ())))


def copy_of(function, name, namespace):
    """The same instructions with inline caches of their own and other globals."""
    code = function.__code__.replace(co_name=name, co_qualname=name)
    return FunctionType(code, namespace)


def timed(function):
    start = perf_counter_ns()
    function(TURNS)
    return perf_counter_ns() - start


def at_depth(depth, function):
    return at_depth(depth - 1, function) if depth else timed(function)


# --- who specializes -----------------------------------------------------------------------------

mark("loads", "begin")
for call in range(2):  # what runs once does not specialize, and range is looked up once a call
    from_local(100)
    from_global(100)
show_sites(from_local)
show_sites(from_global)
mark("loads", "end")

# --- a new global, and what it does to those who never heard of it --------------------------------

answer = 42

# From here to the end of this part no name may be new but one: each would be a change of its own.
mark("globals", "warm up")
for call in range(10):
    read_answer()
mark("globals", "change")
newcomer = "a name that read_answer never asks for"
mark("globals", "after")
for call in range(60):
    read_answer()
mark("globals", "end")

# --- what each form costs -------------------------------------------------------------------------

# With 65536 names before it the value's place in the dict does not fit the 16 bits of the inline
# cache.  The specializer gives up, and LOAD_GLOBAL stays what it is: a lookup in an ordinary dict.
crowd = dict.fromkeys(map(str, range(1 << 16)))
crowd["value"] = value

mark("cost", "begin")
mark("names", len(crowd))
forms = {
    "empty": empty_loop,
    "local": from_local,
    "fused locals": from_local_fused,
    "specialized": from_global,
    "generic": copy_of(from_global, "from_crowd", crowd),
}
# Where a frame happens to lie on the data stack moves its cost by as much as half. So a round calls each
# form from several depths. The forms take turns, so that noise meets all of them alike, and the least
# of two times has the least of it.


def one_round():
    times = dict.fromkeys(forms, 0)
    for depth in range(DEPTHS):
        for name, form in forms.items():
            times[name] += min(at_depth(depth, form), at_depth(depth, form))
    return times


rounds = [one_round() for _ in range(ROUNDS)]
middle = {name: sorted(times[name] for times in rounds)[ROUNDS // 2] for name in forms}
for name in forms:
    if name != "empty":
        mark(f"ns {name}", (middle[name] - middle["empty"]) / (TURNS * LOADS * DEPTHS))
for less, more in ORDER:
    mark(f"rounds {less} < {more}", sum(times[less] < times[more] for times in rounds))
mark("rounds", ROUNDS)
show_sites(forms["generic"])
show_sites(forms["fused locals"])
mark("cost", "end")
