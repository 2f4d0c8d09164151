"""A file that is full: from then on events are lost, and counted."""

import sys

import glassbox

glassbox.start(sys.argv[1] + ":events=frame:limit=256K")


def nothing():
    pass


for _ in range(9000):
    nothing()
