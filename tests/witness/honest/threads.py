"""Threads that compute, wait, and take turns at a lock."""

import queue
import sys
import threading
import time

import glassbox

glassbox.start(sys.argv[1])
done = queue.Queue()
lock = threading.Lock()


def compute(count):
    total = 0
    for i in range(count):
        total += i * i % 7
    done.put(total)


def take_turns():
    for _ in range(20):
        with lock:
            time.sleep(0.0005)


for target, arguments in [(compute, (2000,)), (take_turns, ())]:
    threads = [threading.Thread(target=target, args=arguments) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(done.qsize())
