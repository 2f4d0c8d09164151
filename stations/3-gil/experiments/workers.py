"""Workers of three kinds behind one face: a thread, an interpreter of its own, a process of its own.

Imported by the experiments that compare them.  A worker does one task after another: ask() hands it the
arguments and returns, answer() waits for the result.  The task is a function of tasks.py, which every
kind of worker imports for itself.
"""
import os
import pathlib
import queue
import sys
import threading

HERE = str(pathlib.Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

import tasks  # noqa: E402  (found by the line above, also when Python runs isolated)


class Thread:
    """A thread of this interpreter: it is handed the objects themselves."""

    kind = "threads"

    def __init__(self, task: str, number: int = 0):
        self.inbox: queue.SimpleQueue = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue = queue.SimpleQueue()
        self.task = getattr(tasks, task)
        self.thread = threading.Thread(target=self.work, name=f"thread {number}")
        self.thread.start()

    def work(self):
        while (arguments := self.inbox.get()) is not None:
            self.outbox.put(self.task(*arguments))

    def ask(self, *arguments):
        self.inbox.put(arguments)

    def answer(self):
        return self.outbox.get()

    def close(self):
        self.inbox.put(None)
        self.thread.join()


class Interpreter:
    """An interpreter with a lock of its own, and a thread to run it.

    Its queue never blocks in this version of Python: whoever has put something there rings a bell, which is
    one byte in a pipe.
    """

    kind = "interpreters"
    config = "isolated"  # a lock of its own
    text = """
import os, sys
sys.path.insert(0, HERE)
import _interpqueues, tasks
task = getattr(tasks, TASK)
while True:
    os.read(INBELL, 1)
    arguments = _interpqueues.get(INBOX)[0]
    if arguments is None:
        break
    _interpqueues.put(OUTBOX, task(*arguments), 1, 1)
    os.write(OUTBELL, b"!")
"""

    def __init__(self, task: str, number: int = 0):
        import _interpqueues
        import _interpreters  # `concurrent.interpreters` in 3.14
        self.queues, self.interpreters = _interpqueues, _interpreters
        self.inbox, self.outbox = (self.queues.create(0, 1, 1) for _ in range(2))
        self.inbell, self.outbell = os.pipe(), os.pipe()
        self.id = self.interpreters.create(self.config)
        names = {"HERE": HERE, "TASK": task, "INBOX": self.inbox, "OUTBOX": self.outbox,
                 "INBELL": self.inbell[0], "OUTBELL": self.outbell[1]}
        self.thread = threading.Thread(target=self.work, args=(names,), name=f"interpreter {number}")
        self.thread.start()

    def work(self, names: dict):
        failed = self.interpreters.exec(self.id, self.text, names)
        if failed is not None:
            print(failed.formatted, file=sys.stderr)
            os._exit(1)  # the others wait for an answer that will not come

    def put(self, thing):
        self.queues.put(self.inbox, thing, 1, 1)  # shared, not pickled
        os.write(self.inbell[1], b"!")

    def ask(self, *arguments):
        self.put(arguments)

    def answer(self):
        os.read(self.outbell[0], 1)
        return self.queues.get(self.outbox)[0]

    def close(self):
        self.put(None)
        self.thread.join()
        self.interpreters.destroy(self.id)
        self.queues.destroy(self.inbox)
        self.queues.destroy(self.outbox)
        for end in (*self.inbell, *self.outbell):
            os.close(end)


def serve(connection, task: str):
    """What the process of a worker does."""
    while (arguments := connection.recv()) is not None:
        connection.send(getattr(tasks, task)(*arguments))


class Process:
    """A process: it gets what can be pickled, through a pipe."""

    kind = "processes"
    method = "fork"

    def __init__(self, task: str, number: int = 0):
        import multiprocessing
        context = multiprocessing.get_context(self.method)
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, task), name=f"process {number}")
        self.process.start()
        theirs.close()

    def ask(self, *arguments):
        self.connection.send(arguments)

    def answer(self):
        return self.connection.recv()

    def close(self):
        self.connection.send(None)
        self.process.join()
        self.connection.close()
