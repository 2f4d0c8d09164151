"""How long the lock takes from one thread to another, as the program itself sees it: handoffs.py KIND PAIRS MS FILE

Blocks of MS milliseconds with recording on (class gil, to FILE) and off, in turn, in one process: the
machine's moods last longer than a pair of blocks. Prints one JSON object: for each block the median
in nanoseconds, and how many hand-offs it had. No figure is taken from the trace; the last one stays,
so that somebody can see that it was made.

KIND is what the threads do:
  asked    one thread computes, another sleeps and then wants the lock, until the interval is over. Timed
           from the last line that the holder ran to the first that the waiter runs.
  itself   two threads compute longer than they sleep, so that one always waits for the other. Timed in
           the same way: from the line before time.sleep() to the line after the other's.
  lock     two threads give each other a threading.Lock. Timed: a round, which is two hand-offs.
"""

import json
import os
import pathlib
import statistics
import sys
import threading
from time import perf_counter_ns, sleep

INTERVAL_S = 0.0005                                    # of the switch: many requests a second
HOLD_NS = 300_000                                      # longer than a sleep takes: the other waits by then
NAP_S = 0.00005
BLOCK_LEAST = 10                                       # fewer tell no median: the block goes on
BLOCK_MOST_S = 20

stopping = False
seen = []                                              # the running block's hand-offs: their nanoseconds
last, by = 0, 0                                        # when the holder last ran, and which thread that was


def compute_on():
    global last
    while not stopping:
        last = perf_counter_ns()


def ask_for_it():
    while not stopping:
        sleep(NAP_S)
        now = perf_counter_ns()
        seen.append(now - last)


def hold_and_nap(me):
    global last, by
    while not stopping:
        began = perf_counter_ns()
        while perf_counter_ns() - began < HOLD_NS:
            pass
        by = me
        last = perf_counter_ns()
        sleep(NAP_S)
        now = perf_counter_ns()
        if by != me:
            seen.append(now - last)


def serve(mine, other):
    while not stopping:
        before = perf_counter_ns()
        other.release()
        mine.acquire()
        seen.append(perf_counter_ns() - before)


def answer(mine, other):
    while not stopping:
        mine.acquire()
        other.release()


def threads(kind):
    if kind == "asked":
        return [threading.Thread(target=compute_on), threading.Thread(target=ask_for_it)]
    if kind == "itself":
        return [threading.Thread(target=hold_and_nap, args=(me,)) for me in (1, 2)]
    if kind == "lock":
        here, there = threading.Lock(), threading.Lock()
        here.acquire()
        there.acquire()
        return [threading.Thread(target=serve, args=(here, there), daemon=True),
                threading.Thread(target=answer, args=(there, here), daemon=True)]
    sys.exit(f"no such kind: '{kind}'")


def block(seconds):
    """The median hand-off of a block, and their number."""
    global seen
    seen, end = [], perf_counter_ns() + BLOCK_MOST_S * 1_000_000_000
    sleep(seconds)
    while len(seen) < BLOCK_LEAST:
        if perf_counter_ns() > end:
            sys.exit(f"only {len(seen)} hand-offs in {BLOCK_MOST_S} s")
        sleep(seconds)
    figures, seen = seen, []
    return statistics.median(figures), len(figures)


def main():
    global stopping
    import glassbox
    kind, pairs, seconds, file = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000, sys.argv[4]
    sys.setswitchinterval(INTERVAL_S)
    running = threads(kind)
    for thread in running:
        thread.start()
    blocks = {"off": [], "on": []}
    sleep(seconds / 2)                                 # the loops specialized, the clocks of the cores up
    for pair in range(pairs):
        for how in ("off", "on") if pair % 2 == 0 else ("on", "off"):
            if how == "on":
                pathlib.Path(file).unlink(missing_ok=True)
                glassbox.start(file, events="gil")
            blocks[how].append(block(seconds))
            if how == "on":
                glassbox.stop()
    stopping = True
    print(json.dumps(blocks), flush=True)
    os._exit(0)                                        # one of a pair may wait for the other for ever


main()
