"""Recordings that stop and begin anew, and classes that come and go."""

import sys
import threading

import glassbox


def work():
    return [len([i]) for i in range(30)]


for _ in range(3):
    glassbox.start(sys.argv[1])
    thread = threading.Thread(target=work)
    thread.start()
    work()
    thread.join()
    glassbox.stop()
glassbox.start(sys.argv[1] + ":events=frame+spec")
for classes in "spec", "frame+alloc+obj+gil", "frame", "mark":
    glassbox.select(classes)
    work()
