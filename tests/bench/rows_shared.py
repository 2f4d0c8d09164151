"""Rows of the bench for classes aio and buf: a task's step and an export, with the hooks on, off, and not
there at all (`stock`), in one run."""

from __future__ import annotations

from harness import HERE, Failure, Options, Row, in_turn, python, quartiles, run
from rows_events import floor, trace_facts, trace_file

WORKS = {
    "steps": ("aio", "a task's step", "one task that awaits asyncio.sleep(0): a step and an iteration of the loop"),
    "pairs": ("aio", "a wake-up and a step", "two tasks that wake each other by a future"),
    "exports": ("buf", "an export", "a memoryview of a bytearray made and released"),
    "joined": ("buf", "two exports", "bytes.join of two bytearrays"),
}


class Work:
    """One kind of work, in the builds and the ways that are compared."""

    def __init__(self, options: Options, work: str) -> None:
        self.options, self.work = options, work
        self.klass, self.name, self.what = WORKS[work]
        self.count, self.reps = options.calls // 20, 2 if options.quick else 8

    def loop(self, variant: str, recorded: bool = False, reps: int | None = None):
        """Nanoseconds of the best loop."""
        how = ["-X", f"glassbox={trace_file(self.options)}:events={self.klass}:limit=4G"] if recorded else []

        def measure() -> float:
            trace_file(self.options).unlink(missing_ok=True)
            return float(run([python(variant), *how, HERE / "shared.py", self.work, self.count, reps or self.reps]))
        return measure

    def events(self) -> float:
        """How many events one of them has: the difference of two runs, start and exit being in both."""
        counts = []
        for reps in (1, 2):
            self.loop("gil", True, reps)()
            facts = trace_facts(trace_file(self.options))
            if facts["lost"]:
                raise Failure(f"events of '{self.work}' were lost")
            counts.append(facts["events"])
        trace_file(self.options).unlink()
        return (counts[1] - counts[0]) / self.count

    def rows(self) -> list[Row]:
        subjects = {"stock": self.loop("stock"), "off": self.loop("gil"), "on": self.loop("gil", True),
                    "clock": lambda: floor("clock", self.options)}
        series = in_turn(subjects, self.options.rounds, self.name)
        each = self.events()
        if each < 1:
            raise Failure(f"{self.name} has {each:.2f} events of class {self.klass}")
        ns = {name: series.best(name) / self.count for name in ("stock", "off", "on")}
        event, clock = (ns["on"] - ns["off"]) / each, series.best("clock")
        ratios = [(on - off) / self.count / each / ticks
                  for off, on, ticks in zip(series.of["off"], series.of["on"], series.of["clock"], strict=True)]
        return [
            Row(f"{self.name}, recorded", f"{self.what}; class {self.klass} on, mode full / off", series.ratio("on", "off"),
                *series.spread("on", "off"),
                beside=f"unpatched {ns['stock']:.0f} ns, off {ns['off']:.0f} ns, on {ns['on']:.0f} ns; {each:.1f} events"),
            Row(f"{self.name}: event / clock read", "what recording adds, for each event, page making included",
                event / clock, *quartiles(ratios), beside=f"event {event:.1f} ns, clock read {clock:.1f} ns"),
            Row(f"{self.name}, hooks off", f"{self.what}; gil / stock", series.ratio("off", "stock"),
                *series.spread("off", "stock")),
        ]


def rows_steps(options: Options) -> list[Row]:
    return [row for work in ("steps", "pairs") for row in Work(options, work).rows()]


def rows_exports(options: Options) -> list[Row]:
    return [row for work in ("exports", "joined") for row in Work(options, work).rows()]
