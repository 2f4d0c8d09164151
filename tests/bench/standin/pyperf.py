"""Stands in for the package pyperf while a benchmark of pyperformance runs under tests/bench/run.py.

The benchmarks are pyperformance's own; only the timing is ours, so that two interpreters can be run in
turn within one minute on one core. It offers just what the benchmarks that scripts/bench names use.
"""

import argparse
import asyncio
import time

perf_counter = time.perf_counter
python_implementation = lambda: "cpython"              # noqa: E731
python_has_jit = lambda: False                         # noqa: E731

reps = 3
series = []                                            # for each bench_* call, its repetitions

ARGUMENTS = {"pickle": ["pickle"], "async_tree": ["none"]}


def total_times():
    """The nanoseconds of each repetition of the whole script."""
    return [sum(times) for times in zip(*series)]


class Runner:
    def __init__(self, **_ignored):
        self.metadata, self.args = {}, None
        self.argparser = argparse.ArgumentParser()

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args(args)
        return self.args

    def _measure(self, once):
        once()                                         # warm
        series.append([int(once() * 1e9) for _ in range(reps)])

    def bench_func(self, _name, function, *args, **_ignored):
        def once():
            began = perf_counter()
            function(*args)
            return perf_counter() - began
        self._measure(once)

    def bench_time_func(self, _name, function, *args, **_ignored):
        self._measure(lambda: function(1, *args))

    def bench_async_func(self, _name, function, *args, **_ignored):
        async def once():
            began = perf_counter()
            await function(*args)
            return perf_counter() - began
        self._measure(lambda: asyncio.run(once()))
