"""A device made of threads, under PyTorch's names: what test_device.py installs as `torch` to try the recorder.

A stream is a thread with a queue; work is a sleep in it. Calls return at once, waits let go of the lock, and
events have the time at which the stream came to them: so far it is as a device is. It computes nothing, and
says what it is wherever it is asked. With CUDA_LAUNCH_BLOCKING=1 each call waits, as CUDA's do then; with
NO_DEVICE=1 there is none.
"""
import os
import queue
import threading
import time
import types

__version__ = "made of threads"
CYCLES_A_SECOND = 1e9
version = types.SimpleNamespace(cuda="none")
here = threading.local()


class Stream:
    def __init__(self) -> None:
        self.work: queue.Queue = queue.Queue()
        threading.Thread(target=self.run, daemon=True).start()
        streams.append(self)

    def run(self) -> None:
        while True:
            self.work.get()()
            self.work.task_done()

    def put(self, step) -> None:
        self.work.put(step)
        if os.environ.get("CUDA_LAUNCH_BLOCKING") == "1":
            self.work.join()


streams: list[Stream] = []
default = Stream()


def current() -> Stream:
    return getattr(here, "stream", default)


class stream:  # noqa: N801 - PyTorch's name
    def __init__(self, chosen: Stream) -> None:
        self.chosen = chosen

    def __enter__(self) -> None:
        self.before, here.stream = current(), self.chosen

    def __exit__(self, *_: object) -> None:
        here.stream = self.before


class Event:
    def __init__(self, enable_timing: bool) -> None:
        self.come = threading.Event()

    def record(self) -> None:
        self.come.clear()
        current().put(self.note)

    def note(self) -> None:
        self.at = time.perf_counter_ns()
        self.come.set()

    def synchronize(self) -> None:
        self.come.wait()

    def elapsed_time(self, later: "Event") -> float:
        return (later.at - self.at) / 1e6


class Number:
    """One number, which every step of its stream may change."""

    value = 1.0

    def add(self, other: float) -> None:
        self.value += other

    def __iadd__(self, other: float) -> "Number":
        current().put(lambda: self.add(other))
        return self

    def item(self) -> float:
        current().work.join()
        return self.value


def ones(size: int, device: str) -> Number:
    return Number()


cuda = types.SimpleNamespace(
    Stream=Stream, Event=Event, stream=stream,
    is_available=lambda: os.environ.get("NO_DEVICE") != "1",
    get_device_name=lambda: "threads, and no device",
    synchronize=lambda: [each.work.join() for each in streams],
    _sleep=lambda cycles: current().put(lambda: time.sleep(cycles / CYCLES_A_SECOND)),
)
