"""Without the lock: two threads with objects of their own, and two threads with one object.

Twice: they only handle an object, which changes its reference count, and they write into a dict.  First
the times, until the machine has let both threads run at once; then a little of the same with the objects
watched, so that the trace says which half of the count each of them changed.
"""
import threading
import time

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print

WORKERS = 2
ROUNDS = 8  # at most
UNDISTURBED = 3  # so many rounds with two processors are enough
HANDLINGS = 150_000
WATCHED = 500
WRITES = 150_000
KEYS = 8


class Thing:
    """Something that can be referred to."""


def handle(thing: object, times: int) -> None:
    """Give an object another name, and take it away again."""
    for _ in range(times):
        name = thing
        del name


def write(numbers: dict, times: int) -> None:
    """Write into a dict, to a few keys."""
    for number in range(times):
        numbers[number % KEYS] = number


def together(function, make, times: int, one: object = None, names: tuple = ()) -> None:
    """Threads that begin at once: each with an object that it makes itself, or all with `one`."""
    everybody = threading.Barrier(WORKERS + 1)

    def run(worker: int) -> None:
        thing = make() if one is None else one
        if names:
            watch(thing, names[worker])
        everybody.wait()
        everybody.wait()
        function(thing, times)

    threads = [threading.Thread(target=run, args=(worker,), name=f"thread {worker}") for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    everybody.wait()
    mark("begin", function.__name__)
    everybody.wait()
    for thread in threads:
        thread.join()


def had_two_processors(function, *arguments) -> bool:
    """Call a function; whether this process had more than one processor meanwhile, for a good part of it."""
    wall, processors = time.monotonic(), time.process_time()
    function(*arguments)
    return time.process_time() - processors > 1.3 * (time.monotonic() - wall)


def main(own_thing=None, own_dict=None, one_thing=Thing, one_dict=dict) -> None:
    undisturbed = 0
    for _ in range(ROUNDS):
        mark("count", "own")
        together(handle, Thing, HANDLINGS, own_thing)
        mark("count", "one")
        together(handle, Thing, HANDLINGS, one_thing and one_thing())
        mark("count", "end")
        mark("dict", "own")
        together(write, dict, WRITES, own_dict)
        mark("dict", "one")
        undisturbed += had_two_processors(together, write, dict, WRITES, one_dict and one_dict())
        mark("dict", "end")
        if undisturbed == UNDISTURBED:
            break
    mark("halves", "own")
    together(handle, Thing, WATCHED, own_thing, ("own 0", "own 1"))
    mark("halves", "one")
    one = one_thing and one_thing()
    together(handle, Thing, WATCHED, one, ("one", "one"))
    mark("halves", "end")


if __name__ == "__main__":
    main()
