"""A program of N empty calls, under a tracer: million.py TRACER N REPS [THREADS]

Prints the nanoseconds of the best of REPS loops. TRACER: none, monitoring, setprofile, settrace,
cprofile (all with callbacks that do nothing, save cProfile's own), viztracer (recorded, not saved).
A recording by Glassbox is asked for from outside (-X glassbox=...), with TRACER none. With THREADS
the loops run in so many threads at a time, all of REPS times N calls each.
"""

import sys
import threading
from time import perf_counter_ns


def empty():
    pass


def loop(n):
    for _ in range(n):
        empty()


def ignore(*_arguments):
    return None


def trace(*_arguments):
    return trace


def monitoring():
    monitor = sys.monitoring
    events = monitor.events
    monitor.use_tool_id(monitor.PROFILER_ID, "bench")
    for event in (events.PY_START, events.PY_RETURN):
        monitor.register_callback(monitor.PROFILER_ID, event, ignore)
    monitor.set_events(monitor.PROFILER_ID, events.PY_START | events.PY_RETURN)


def begin(tracer, n):
    if tracer == "monitoring":
        monitoring()
    elif tracer == "setprofile":
        sys.setprofile(ignore)
    elif tracer == "settrace":
        sys.settrace(trace)
    elif tracer == "cprofile":
        import cProfile
        cProfile.Profile().enable()
    elif tracer == "viztracer":
        from viztracer import VizTracer
        VizTracer(tracer_entries=n + 1000, verbose=0).start()
    elif tracer != "none":
        sys.exit(f"no such tracer: '{tracer}'")


def main():
    tracer, n, reps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        threads = [threading.Thread(target=loop, args=(n * reps,)) for _ in range(int(sys.argv[4]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(0)
        return
    begin(tracer, n * reps)
    best = 1 << 62
    for _ in range(reps):
        began = perf_counter_ns()
        loop(n)
        best = min(best, perf_counter_ns() - began)
    print(best, flush=True)
    if tracer == "viztracer":
        import os
        os._exit(0)                                    # what it would save is not what we time


main()
