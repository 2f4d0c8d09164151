"""Times one program under the interpreter that runs this: run.py [--pyperformance DIR] NAME REPS

Prints one JSON object: the nanoseconds of each repetition, and a digest of what the program computed,
so that two interpreters can be seen to have done the same work. With REPS 0 the program runs once
warm, then once between calls of os.getppid() and os.getpgrp(): for tools that count instructions.

NAME is one of programs/, or with --pyperformance a benchmark of the pyperformance package unpacked
in DIR. This file runs on the interpreter under test: the standard library is all it may use.
"""

import hashlib
import importlib
import json
import os
import sys
from time import perf_counter_ns

HERE = os.path.dirname(os.path.abspath(__file__))


def time_program(name, reps):
    sys.path.insert(0, os.path.join(HERE, "programs"))
    run = importlib.import_module(name).run
    if reps == 0:
        run()
        os.getppid()
        run()
        os.getpgrp()
        return [], ""
    result = run()                                     # warm: specialized, caches filled
    times = []
    for _ in range(reps):
        began = perf_counter_ns()
        again = run()
        times.append(perf_counter_ns() - began)
        if again != result:
            sys.exit(f"'{name}' computed two different results")
    return times, hashlib.sha256(repr(result).encode()).hexdigest()[:16]


def time_pyperformance(folder, name, reps):
    """Run the benchmark's own script, with timing of our own in place of pyperf's."""
    sys.path.insert(0, os.path.join(HERE, "standin"))
    import pyperf                                      # ours: standin/pyperf.py

    script = os.path.join(folder, f"bm_{name}", "run_benchmark.py")
    pyperf.reps = reps
    sys.path.insert(0, os.path.dirname(script))
    sys.argv = [script, *pyperf.ARGUMENTS.get(name, [])]
    with open(script, encoding="utf-8") as source:
        code = compile(source.read(), script, "exec")
    exec(code, {"__name__": "__main__", "__file__": script})
    return pyperf.total_times(), ""


def main():
    arguments = sys.argv[1:]
    if arguments[0] == "--pyperformance":
        times, digest = time_pyperformance(arguments[1], arguments[2], int(arguments[3]))
    else:
        times, digest = time_program(arguments[0], int(arguments[1]))
    print(json.dumps({"ns": times, "digest": digest}))


main()
