"""What `glassbox why` asks the interpreter that runs the program: prices, and what the bytecode is.

Run as `python -I -c TEXT [FILE...]` when the program has ended, and printed as one JSON object:

    library   the folder of the standard library
    prices    what things cost on this machine, in nanoseconds, each beside its alternative
    bytecode  of each file: names that are looked up inside loops, and import statements

No file is executed: it is compiled.
"""

import _thread
import ast
import dis
import json
import mmap
import os
import statistics
import sys
import time
import types

ROUNDS = 15  # each a few tenths of a millisecond
LOOPS = 4_000
SETS = 5

COUNTED = {"LOAD_GLOBAL", "STORE_GLOBAL", "LOAD_NAME", "STORE_NAME", "DELETE_GLOBAL", "DELETE_NAME"}


def cost(function, *arguments) -> int:
    """Of one run, in ns of this thread's processor time: what others run meanwhile is not in it."""
    began = time.thread_time_ns()
    function(*arguments)
    return time.thread_time_ns() - began


def dearer(one: tuple, other: tuple, items: int) -> float:
    """How much more an item costs in one than in the other: the median of runs side by side.

    Both are tuples of a function and its arguments, and both have run before: their sites are specialized.
    """
    cost(*one), cost(*other)
    return max(statistics.median(cost(*one) - cost(*other) for _ in range(ROUNDS)) / items, 0.0)


def nothing() -> None:
    pass


def function_of(body: str, before: str = "", variables: dict | None = None):
    """A function whose loop has `body` eight times, so that the loop itself weighs little."""
    lines = "".join(f"        {body}\n" for _ in range(8))
    text = f"def f(items):\n    {before or 'pass'}\n    for item in items:\n{lines}"
    names = dict(variables or {})
    exec(compile(text, "<price>", "exec"), names)  # noqa: S102
    return names["f"]


def module_of(body: str):
    """The same at module level, to be called with what is looped over."""
    code = compile("for item in items:\n" + f"    {body}\n" * 8, "<price>", "exec")
    return lambda items: exec(code, {"items": items, "x": 300})  # noqa: S102


SHAPE = """
class Shape:
    def __init__(self):
        for extra in range(number):
            setattr(self, f"extra{extra}", extra)
        self.value = number

    def method(self):
        pass
"""


def shapes(count: int) -> list:
    """Objects of some classes, in turn, that have the same attribute, each elsewhere, and a method each of its own."""
    kinds = []
    for number in range(count):
        names = {"number": number, "setattr": setattr, "range": range}
        exec(SHAPE, names)  # noqa: S102
        kinds.append(names["Shape"])
    return [kinds[at % count]() for at in range(LOOPS)]


def load(items: list) -> None:
    for item in items:
        item.value  # noqa: B018 - the load is what is timed


def call(items: list) -> None:
    for item in items:
        item.method()


def a_copy_of(function):
    """With sites of its own."""
    return types.FunctionType(function.__code__.replace(co_name="of_its_own"), {})


def miss_prices() -> dict:
    """Of eight types in turn seven miss, at the attribute and, of a method, at the call too.

    What a miss costs depends on where the types happen to lie: so of several sets of them.
    """
    attributes, methods = [], []
    for _ in range(SETS):
        one, many = shapes(1), shapes(8)
        attributes.append(dearer((a_copy_of(load), many), (a_copy_of(load), one), LOOPS * 7 // 8))
        methods.append(dearer((a_copy_of(call), many), (a_copy_of(call), one), LOOPS * 7 // 8))
    miss = statistics.mean(attributes)
    return {"miss": miss, "miss_call": max(statistics.mean(methods) - miss, 0.0)}


def name_prices() -> dict:
    """Each beside the local variable that could be in its place."""
    items = range(LOOPS // 8)
    local_load, local_store = function_of("x", "x = 300"), function_of("x = item")
    pairs = {
        "load_global": (function_of("x", "", {"x": 300}), local_load),
        "store_global": (function_of("x = item", "global x"), local_store),
        "load_name": (module_of("x"), local_load),
        "store_name": (module_of("x = item"), local_store),
    }
    return {name: dearer((one, items), (other, items), LOOPS) for name, (one, other) in pairs.items()}


def copy(data: bytearray, times: int) -> None:
    for _ in range(times):
        bytes(data)


def copy_prices() -> dict:
    found = {}
    for name, size in (("copy_4k", 1 << 12), ("copy_64k", 1 << 16), ("copy_1m", 1 << 20), ("copy_16m", 1 << 24)):
        data, times = bytearray(size), max(1, min(100, (1 << 20) // size))
        found[name] = dearer((copy, data, times), (nothing,), times * size)
    return found


def grow(text: str, times: int) -> None:
    for _ in range(times):
        before = text  # so that the text cannot grow where it lies
        text = before + "some more of it"


GROWN = (("grow_4k", 1 << 12), ("grow_64k", 1 << 16), ("grow_256k", 1 << 18), ("grow_1m", 1 << 20))


def grow_prices() -> dict:
    """Before anything larger: what malloc() gives back to the system depends on what it has seen."""
    found = {}
    for name, size in GROWN:
        text, times = "x" * size, 20
        found[name] = dearer((grow, text, times), (nothing,), times * size)
    return found


def make(maker: type, items: range) -> None:
    for _ in items:
        maker()


PAGE = mmap.PAGESIZE
FRESH = 1 << 20


def touch() -> None:
    block = mmap.mmap(-1, FRESH)
    for at in range(0, FRESH, PAGE):
        block[at] = 1
    block.close()


def walk(again: bytearray) -> None:
    for at in range(0, FRESH, PAGE):
        again[at] = 1


def use(thing: object, items: range) -> None:
    for _ in items:
        alias = thing  # noqa: F841 - the count is what is timed


def shared_reference() -> float:
    """Without the lock alone: a count that two threads change, beside one that is changed alone.

    Only short runs count during which the other thread ran too, on another processor; 0 where there were too few.
    """
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return 0.0
    shared, stop, found, rounds = object(), [], [], [0]  # owned by this thread: the two others meet at its other half
    done = _thread.allocate_lock()
    items = range(LOOPS // 4)

    def meanwhile() -> None:
        while not stop:
            use(shared, range(50))
            rounds[0] += 1

    def run(thing: object) -> tuple[float, bool]:
        before, began = rounds[0], time.perf_counter_ns()
        processor = cost(use, thing, items)
        alone = time.perf_counter_ns() - began > processor * 2
        return processor / len(items) / 2, rounds[0] - before >= 4 and not alone

    def measure() -> None:
        mine = object()
        run(shared), run(mine)
        together = [price for price, met in (run(shared) for _ in range(500)) if met]
        apart = statistics.median(run(mine)[0] for _ in range(ROUNDS))
        found.append(max(statistics.median(together) - apart, 0.0) if len(together) >= 20 else 0.0)
        done.release()

    done.acquire()
    _thread.start_new_thread(meanwhile, ())
    _thread.start_new_thread(measure, ())
    done.acquire()
    stop.append(True)
    return found[0]


def prices() -> dict:
    grown = grow_prices()
    fresh = dearer((touch,), (walk, bytearray(FRESH)), FRESH)
    items = range(LOOPS)
    block = dearer((a_copy_of(make), object, items), (a_copy_of(make), int, items), LOOPS)
    reference = dearer((a_copy_of(use), object(), items), (a_copy_of(use), None, items), LOOPS * 2)
    found = {"fresh": fresh, "ref": reference, "block": block, "shared_ref": shared_reference()}
    return {**miss_prices(), **name_prices(), **copy_prices(), **grown, **found}


def loops_of(instructions: list) -> list:
    """From where to where a jump backward goes."""
    return [(i.jump_target, i.offset) for i in instructions if i.jump_target is not None and i.jump_target <= i.offset]


def names_in_loops(code: types.CodeType) -> list:
    instructions = list(dis.get_instructions(code))
    loops = loops_of(instructions)
    return [
        {"offset": i.offset // 2, "line": i.line_number or code.co_firstlineno, "op": i.opname, "name": i.argval}
        for i in instructions
        if i.opname in COUNTED and any(first <= i.offset <= last for first, last in loops)
    ]


def functions_of(code: types.CodeType):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from functions_of(constant)


def bytecode_of(file: str) -> dict | None:
    try:
        with open(file, "rb") as source:
            text = source.read()
        code = compile(text, file, "exec", dont_inherit=True)
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    functions = [
        {"function": each.co_qualname, "first_line": each.co_firstlineno, "names": names}
        for each in functions_of(code)
        if (names := names_in_loops(each))
    ]
    imports = [node.lineno for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {"file": file, "functions": functions, "imports": imports}


def main() -> None:
    library = os.path.dirname(os.__file__)
    files = [file for file in sys.argv[1:] if not file.startswith(library + os.sep) and "-packages/" not in file]
    found = [of for file in files if (of := bytecode_of(file)) is not None]
    json.dump({"library": library, "prices": prices(), "bytecode": found}, sys.stdout)


main()
