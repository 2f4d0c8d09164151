"""Count primes: one worker after another, and then all at once: primes.py MODE

MODE is `threads`, `subinterpreters` or `processes`. The workers of both are alike and do the same
work: only who runs them is different. A round is both of them, one right after the other, so that
what else this machine does meets both.
"""
import pathlib
import sys
import threading

from primality import count_primes

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

WORKERS = 2
LIMIT = 30_000
ROUNDS = 5
HERE = str(pathlib.Path(__file__).resolve().parent)


def share(worker):
    """The odd numbers of one worker: every second odd number, so that all have as much to do."""
    return 2 * worker + 1, LIMIT, 2 * WORKERS


def in_threads(target, *extra):
    """Run target(worker, *extra) in a thread for each worker; wait for all of them."""
    threads = [threading.Thread(target=target, args=(worker, *extra), name=f"worker {worker}")
               for worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def sequential():
    """One after another, in this thread."""
    return sum(count_primes(*share(worker)) for worker in range(WORKERS))


class Threads:
    """Threads of one interpreter."""

    def count(self):
        counts = [0] * WORKERS

        def work(worker):
            counts[worker] = count_primes(*share(worker))
        in_threads(work)
        return sum(counts)

    def close(self):
        pass


class Subinterpreters:
    """A thread for each interpreter; the interpreters are made beforehand."""

    def __init__(self):
        import _interpreters as interpreters  # a module of its own comes with 3.14
        self.interpreters = interpreters
        self.ids = [interpreters.create() for _ in range(WORKERS)]
        for each in self.ids:
            self.run(each, f"import os, sys; sys.path.insert(0, {HERE!r}); from primality import count_primes")

    def run(self, interpreter, text):
        failed = self.interpreters.exec(interpreter, text)
        if failed is not None:
            raise SystemExit(failed.formatted)

    def count(self):
        import os
        ends = [os.pipe() for _ in self.ids]

        def work(worker):
            text = f"os.write({ends[worker][1]}, count_primes(*{share(worker)}).to_bytes(8))"
            self.run(self.ids[worker], text)
        in_threads(work)
        total = 0
        for end in ends:
            total += int.from_bytes(os.read(end[0], 8))
            os.close(end[0])
            os.close(end[1])
        return total

    def close(self):
        for each in self.ids:
            self.interpreters.destroy(each)


class Processes:
    """A pool of processes, made beforehand."""

    def __init__(self):
        import multiprocessing
        self.pool = multiprocessing.get_context("fork").Pool(WORKERS)
        self.pool.starmap(count_primes, [(1, 2, 1)] * WORKERS, 1)

    def count(self):
        return sum(self.pool.starmap(count_primes, map(share, range(WORKERS)), 1))

    def close(self):
        self.pool.close()
        self.pool.join()


if __name__ == "__main__":
    mode = sys.argv[1] if len(sys.argv) > 1 else "threads"
    workers = {"threads": Threads, "subinterpreters": Subinterpreters, "processes": Processes}[mode]()
    mark("workers", WORKERS)
    for _ in range(ROUNDS):
        mark("primes", "sequential")
        alone = sequential()
        mark("primes", mode)
        together = workers.count()
        mark("primes", "end")
        mark("found alone", alone)
        mark("found together", together)
    workers.close()
    print(f"{alone} odd primes below {LIMIT}, however they are counted")
