"""A ring: the oldest segments are used again."""

import sys
import threading

import glassbox

glassbox.start(sys.argv[1] + ":events=frame:limit=512K:mode=ring")


def nothing():
    pass


def often():
    for _ in range(4000):
        nothing()


for _ in range(4):
    thread = threading.Thread(target=often)
    thread.start()
    thread.join()
often()
