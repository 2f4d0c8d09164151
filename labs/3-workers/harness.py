"""Lab 3: talk behind a thread that computes, and behind the learner's workers; have two loads served.

Which of the two is an argument: "convoy" or "loads".  Nothing here measures: who held the lock when is in the trace.
"""
import concurrent.futures  # noqa: F401  (what learners may import is there before the recording begins)
import concurrent.futures.process  # noqa: F401
import concurrent.futures.thread  # noqa: F401
import multiprocessing.connection
import multiprocessing.popen_fork
import multiprocessing.process
import multiprocessing.queues
import multiprocessing.synchronize  # noqa: F401
import os  # noqa: F401
import pickle  # noqa: F401
import queue  # noqa: F401
import sys
import threading
import time

import lab
import load  # the very file that the learner was given

SHORT = 0.0005  # seconds: a tenth of the usual switch interval
MEANWHILE = 0.1  # seconds after the talk: on a busy machine workers may be late


# --- the convoy ---------------------------------------------------------------------------------------

def compute(stop):
    """Crunch numbers in this interpreter, until told to stop."""
    while not stop:
        load.piece(1)


def talk_behind_a_thread(turns):
    """The convoy as it is given: somebody who asks and waits, behind a thread that computes."""
    stop = []
    other = threading.Thread(target=compute, args=(stop,), name="computes")
    other.start()
    with lab.part("given"):
        load.talk(turns)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SHORT)
    with lab.part("shorter"):
        load.talk(turns)
    sys.setswitchinterval(usual)
    stop.append(True)
    other.join()


def convoy(work):
    turns = lab.parameter("turns")
    jobs = [(number * 1000, lab.parameter("pieces")) for number in (1, 2)]
    with lab.part("alone"):
        load.talk(turns)
    talk_behind_a_thread(turns)
    with lab.part("begin"):
        handle = work.begin(jobs)
    with lab.part("talk"):
        load.talk(turns)
    with lab.part("meanwhile"):
        time.sleep(MEANWHILE)
    with lab.part("finish"):
        lab.observe("crunched", list(work.finish(handle)))


# --- two loads ----------------------------------------------------------------------------------------

def mixes():
    """How long a request waits and computes, in ms: the two loads are each other's opposite."""
    wait, compute_ms = (int(part) for part in lab.parameter("north").split("+"))
    return {"north": (wait, compute_ms), "south": (compute_ms, wait)}


def loads(work):
    count = lab.parameter("requests")
    for name, mix in mixes().items():
        with lab.part(f"{name} alone"):
            for number in range(4):
                load.serve(number, *mix)
        requests = [(number + 100, *mix) for number in range(count)]
        with lab.part(f"{name} served"):
            lab.observe(name, list(getattr(work, f"serve_{name}")(requests)))


def main():
    work = lab.load()
    if sys.argv[1] == "convoy":
        convoy(work)
    else:
        loads(work)


lab.main(main)
