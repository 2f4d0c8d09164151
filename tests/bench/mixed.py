"""Threads that compute and do short I/O: mixed.py threads ROUNDS, or mixed.py reads COUNT REPS

threads: eight of them, of which the first computes least and the eighth most; in each round each reads a
page of /dev/zero, and sleeps half a millisecond in each fourth. Prints the nanoseconds from the first
thread's start to the last one's end.
reads: one thread reads nothing from /dev/null, COUNT times: the lock is let go of and taken again, and
nobody else wants it. Prints the nanoseconds of the best of REPS loops.

Which tracer looks on is asked for from outside.
"""

import os
import sys
import threading
from time import perf_counter_ns, sleep

THREADS = 8


def work(weight, rounds, zeros):
    for turn in range(rounds):
        sum(range(2000 * weight))
        os.read(zeros, 4096)
        if turn % 4 == 0:
            sleep(0.0005)


def threads(rounds):
    zeros = os.open("/dev/zero", os.O_RDONLY)
    running = [threading.Thread(target=work, args=(weight, rounds, zeros), name=f"worker-{weight}")
               for weight in range(1, THREADS + 1)]
    began = perf_counter_ns()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return perf_counter_ns() - began


def reads(count):
    nothing, read = os.open("/dev/null", os.O_RDONLY), os.read
    began = perf_counter_ns()
    for _ in range(count):
        read(nothing, 1)
    return perf_counter_ns() - began


def main():
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "threads":
        print(threads(count))
    elif kind == "reads":
        print(min(reads(count) for _ in range(int(sys.argv[3]))))
    else:
        sys.exit(f"no such kind: '{kind}'")


main()
