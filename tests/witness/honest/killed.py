"""A process that is killed while its threads record."""

import os
import signal
import sys
import threading

import glassbox

glassbox.start(sys.argv[1] + ":events=frame+gil")


def nothing():
    pass


def for_ever():
    while True:
        nothing()


for _ in range(3):
    threading.Thread(target=for_ever, daemon=True).start()
for _ in range(200):
    nothing()
os.kill(os.getpid(), signal.SIGKILL)
