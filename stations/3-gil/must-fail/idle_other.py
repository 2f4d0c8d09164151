"""A thread that does nothing but I/O, alone and beside a thread that does nothing at all.

It sends a byte to another process and waits for the answer, which takes a millisecond.  Three times: alone,
behind a busy thread, and behind it with a shorter switch interval.
"""
import os
import sys
import threading
import time

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

TURNS = 12
MORE_TURNS = 40  # they are shorter
ANSWER_TAKES = 0.001


def answer(inlet: int, outlet: int) -> None:
    """The other process: what comes in goes out, a little later."""
    while byte := os.read(inlet, 1):
        time.sleep(ANSWER_TAKES)
        os.write(outlet, byte)


def busy(stop: list) -> None:
    """Wait, until it is told to stop."""
    while not stop:
        time.sleep(0.002)


def ask(inlet: int, outlet: int, turns: int) -> None:
    """So many questions, each after the answer to the one before."""
    for _ in range(turns):
        os.write(outlet, b"?")
        os.read(inlet, 1)


questions, answers = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.close(questions[1])
    answer(questions[0], answers[1])
    os._exit(0)
os.close(questions[0])

stop: list = []
other = threading.Thread(target=busy, args=(stop,), name="busy")
mark("I/O", "alone")
ask(answers[0], questions[1], TURNS)
mark("I/O", "end")
other.start()
mark("interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "behind")
ask(answers[0], questions[1], TURNS)
mark("I/O", "end")
sys.setswitchinterval(0.0005)
mark("shorter interval", int(sys.getswitchinterval() * 1e6))
mark("I/O", "shorter")
ask(answers[0], questions[1], MORE_TURNS)
mark("I/O", "end")
stop.append(True)
other.join()
os.close(questions[1])
os.waitpid(child, 0)
