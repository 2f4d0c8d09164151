"""What there is to do in lab 3: numbers to crunch, and requests to serve.

A thread finds this file imported, and so does a process that was forked.

This file is the harness's own. You may read it, run it and change your copy;
what you change here is not handed in.
"""
import time


def piece(number):
    """A piece of work, a fraction of a millisecond long: Python alone."""
    total = number
    for step in range(6000):
        total = (total * 31 + step) % 65521
    return total


def crunch(first, count):
    """So many pieces, one after the other."""
    total = 0
    for number in range(first, first + count):
        total = (total * 7 + piece(number)) % 1_000_003
    return total


def serve(number, wait_ms, compute_ms):
    """A request: wait for somebody's answer, then compute for a while.

    How long it computes is measured by this thread's own time, so that a faster
    machine computes no shorter.
    """
    time.sleep(wait_ms / 1000)
    end = time.thread_time_ns() + compute_ms * 1_000_000
    total = number
    while time.thread_time_ns() < end:
        for step in range(500):
            total = (total * 31 + step) % 65521
    return number * number % 9973


def talk(turns):
    """Ask somebody so many questions; each answer takes a millisecond."""
    for _ in range(turns):
        time.sleep(0.001)
