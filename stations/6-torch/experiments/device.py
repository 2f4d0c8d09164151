"""A device beside the processor: when does a call return, and when is its work done?

Prints spans on one time line as JSON; recordings/README.md says what is in it.  It imports nothing of ours, so
that any Python with PyTorch can run it.  Where PyTorch finds no CUDA device a recording is printed in its place,
if there is one, and says that it is one; else why there is nothing to see.

    python device.py > recordings/NAME.json
"""
import datetime
import hashlib
import json
import platform
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch

RECORDINGS = Path(__file__).resolve().parent.parent / "recordings"
WORK_MS = 20  # about how long a piece of work takes the device
TURNS = 50  # steps of Python between two looks at the clock


class Cuda:
    """A CUDA device, and how long its work took on the clock of the processor."""

    kind = "cuda"

    def __init__(self) -> None:
        self.streams = [torch.cuda.Stream(), torch.cuda.Stream()]
        self.values = [torch.ones(1, device="cuda") for _ in self.streams]
        self.cycles = self.calibrate()
        self.synchronize()
        before = time.perf_counter_ns()
        self.anchor = self.event()
        self.anchor.record()
        self.anchor.synchronize()
        after = time.perf_counter_ns()
        self.anchor_ns, self.uncertainty_ns = (before + after) // 2, after - before

    def calibrate(self) -> int:
        """Cycles of a kernel that only waits, for about WORK_MS."""
        begin, end = self.event(), self.event()
        for _ in range(2):  # the first of all is slow
            begin.record()
            torch.cuda._sleep(10_000_000)
            end.record()
            end.synchronize()
        return int(10_000_000 * WORK_MS / begin.elapsed_time(end))

    def about(self) -> dict:
        return {"device": torch.cuda.get_device_name(), "cuda": torch.version.cuda}

    def event(self) -> torch.cuda.Event:
        return torch.cuda.Event(enable_timing=True)

    def work(self, stream: int) -> Callable[[], tuple[int, int]]:
        """Have something done on a stream; asked later, when it was really done."""
        begin, end = self.event(), self.event()
        with torch.cuda.stream(self.streams[stream]):
            begin.record()
            torch.cuda._sleep(self.cycles)
            self.values[stream] += 1
            end.record()
        return lambda: (self.at(begin), self.at(end))

    def at(self, event: torch.cuda.Event) -> int:
        event.synchronize()
        return self.anchor_ns + round(self.anchor.elapsed_time(event) * 1e6)

    def item(self) -> float:
        """A number that the device has, on the stream that computes it."""
        with torch.cuda.stream(self.streams[0]):
            return self.values[0].item()

    def synchronize(self) -> None:
        torch.cuda.synchronize()


class Recorder:
    """Spans, as they come."""

    def __init__(self, device: Cuda) -> None:
        self.device = device
        self.spans: list[dict] = []

    def add(self, part: str, lane: str, name: str, begin: int, end: int) -> None:
        self.spans.append({"part": part, "lane": lane, "name": name, "begin_ns": begin, "end_ns": end})

    def host(self, part: str, name: str, call: Callable) -> object:
        """Make a call, and note from when to when it took."""
        begin = time.perf_counter_ns()
        result = call()
        self.add(part, "host", name, begin, time.perf_counter_ns())
        return result

    def launch_and(self, part: str, wait: str, call: Callable) -> None:
        """Work is launched, then something waits for it."""
        self.device.synchronize()
        done = self.host(part, "launch", lambda: self.device.work(0))
        self.host(part, wait, call)
        self.add(part, "stream 1", "work", *done())

    def two_works(self, part: str, streams: tuple[int, int]) -> None:
        """Two pieces of work, on one stream or on two."""
        self.device.synchronize()
        first = self.host(part, "launch", lambda: self.device.work(streams[0]))
        second = self.host(part, "launch", lambda: self.device.work(streams[1]))
        self.host(part, "synchronize", self.device.synchronize)
        for stream, done in zip(streams, (first, second)):
            self.add(part, f"stream {stream + 1}", "work", *done())

    def beside(self, part: str, wait: str, call: Callable) -> None:
        """The same as launch_and, while another thread runs Python whenever it may."""
        begun, over, ticks = threading.Event(), [], []
        other = threading.Thread(target=run_python, args=(begun, over, ticks))
        other.start()
        begun.wait()
        self.launch_and(part, wait, call)
        over.append(True)
        other.join()
        for begin, end in ticks:
            self.add(part, "other thread", "python", begin, end)


def run_python(begun: threading.Event, over: list, ticks: list) -> None:
    """Short pieces of Python with a nap after each: the times of each, 150 at most."""
    begun.set()
    while not over and len(ticks) < 150:
        begin = time.perf_counter_ns()
        total = 0
        for turn in range(TURNS):
            total += turn
        ticks.append((begin, time.perf_counter_ns()))
        time.sleep(0.0005)


def record(device: Cuda) -> list[dict]:
    """All parts, after a first time that is not looked at."""
    for spans in (Recorder(device), Recorder(device)):
        spans.launch_and("synchronize", "synchronize", device.synchronize)
        spans.launch_and("item", "item", device.item)
        spans.two_works("one stream", (0, 0))
        spans.two_works("two streams", (0, 1))
        spans.beside("beside item", "item", device.item)
        spans.beside("beside synchronize", "synchronize", device.synchronize)
    zero = min(span["begin_ns"] for span in spans.spans)
    return [{**span, "begin_ns": span["begin_ns"] - zero, "end_ns": span["end_ns"] - zero} for span in spans.spans]


def provenance(device: Cuda) -> dict:
    """Where and with what this was seen."""
    return {
        **device.about(),
        "torch": torch.__version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.machine()} {platform.system()} {platform.release()}",
        "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "program_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "uncertainty_ns": device.uncertainty_ns,
    }


def find() -> Cuda | None:
    """The device, if PyTorch finds one."""
    return Cuda() if torch.cuda.is_available() else None


def page() -> dict:
    """What is to be printed."""
    head = {"format": "glassbox-device-spans", "version": 1}
    device = find()
    if device is not None:
        return {**head, "kind": device.kind, "recorded": False, "provenance": provenance(device),
                "spans": record(device)}
    for recording in sorted(RECORDINGS.glob("*.json")):
        return {**json.loads(recording.read_text()), "recorded": True}
    return {**head, "kind": "none", "recorded": False, "spans": [],
            "why": f"PyTorch {torch.__version__} finds no CUDA device here, and there is no recording"}


if __name__ == "__main__":
    json.dump(page(), sys.stdout, indent=1)
    print()
