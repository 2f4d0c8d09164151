"""Leaves a daemon: a grandchild in a session of its own, without descriptors, that ignores what would end it."""
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for fd in range(64):
            try:
                os.close(fd)
            except OSError:
                pass
        while True:
            time.sleep(1000)
    os._exit(0)
os.wait()

_sum = 0


def hot(n):
    global _sum
    _sum = _sum + n


def total():
    return _sum
