"""Threads that wait most of the time: work comes through a queue, a little at a time."""

import queue
import threading
import time

WORKERS = 3
PIECES = 150


def work(inbox: queue.Queue, outbox: queue.Queue) -> None:
    while (piece := inbox.get()) is not None:
        time.sleep(0.005)
        outbox.put(sum(range(piece * 100)))


def main() -> None:
    inbox: queue.Queue = queue.Queue()
    outbox: queue.Queue = queue.Queue()
    workers = [threading.Thread(target=work, args=(inbox, outbox)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for piece in range(PIECES):
        inbox.put(piece)
    for _ in workers:
        inbox.put(None)
    for worker in workers:
        worker.join()
    print(sum(outbox.get() for _ in range(PIECES)))


main()
