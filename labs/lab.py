"""What a lab's harness is written with.

A harness is a trusted program that runs a learner's work on an interpreter that records:

    import lab

    def main():
        work = lab.load()                       # the learner's work.py, as a module
        with lab.part("calls"):                 # a stretch of the run that facts look at
            for n in range(lab.parameter("calls")):
                work.hot(n)
        lab.observe("result", work.total())     # something to compare; only testimony

    lab.main(main)

Import everything that the harness uses at its top, before lab.load(): what is made later says that it is the
learner's. The name of a part occurs once in a run. Whatever the learner's code does to this module, the
grader sees in the recording who made which mark: only _mark() here, called by the harness, is believed.

This file runs inside the sandbox. It must not judge anything: it records, and it hands on what was seen.
"""

import json
import os
import sys
import traceback
import types

import _glassbox

__all__ = ["argument", "arguments", "load", "main", "observe", "parameter", "parameters", "part"]

WORK = "/learner"
_RUN = "/lab/run.json"
_observed = {}

with open(_RUN, encoding="utf-8") as _file:
    _run = json.load(_file)


def _mark(name, value):
    _glassbox.mark(name, value)


class part:
    """A stretch of the run: ``with lab.part("calls"): ...``"""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        _mark("part", f"{self.name} begin")

    def __exit__(self, *exc_info):
        _mark("part", f"{self.name} end")


def parameter(name):
    """A parameter of the student's variant."""
    return _run["variant"][name]


def parameters():
    """All of them, as a dict."""
    return dict(_run["variant"])


def arguments():
    """The arguments of this run, as lab.toml gives them."""
    return sys.argv[1:]


def argument(index, kind=str):
    """One of them, converted."""
    return kind(sys.argv[1 + index])


def load(name="work"):
    """The learner's file NAME.py, run as a module; what it raises goes on to the caller."""
    path = f"{WORK}/{name}.py"
    with part("load"):
        with open(path, "rb") as file:
            source = file.read()
        module = types.ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module
        if WORK not in sys.path:
            sys.path.append(WORK)
        exec(compile(source, path, "exec"), module.__dict__)
    return module


def observe(name, value):
    """Keep a value (of JSON) to be compared with the recording and the oracle."""
    _observed[name] = json.loads(json.dumps(value))


def _say(error):
    """Show what the learner's code raised without the harness's own frames, which nobody asked about."""
    frames = error.__traceback__
    own = os.path.dirname(_RUN) + "/"
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(own):
        frames = frames.tb_next
    if frames is None:
        frames = error.__traceback__
    traceback.print_exception(type(error), error, frames, chain=False)


def main(body):
    """Record `body()`, and end the program with a status that says how it went."""
    status = 0
    _glassbox.start(_run["record"])
    _mark("lab", "begin")
    try:
        body()
    except BaseException as error:      # SystemExit as well: whoever ends early has not finished
        status = 1
        failure = error
    _mark("lab", "end" if status == 0 else "failed")     # what the status says can be changed until the very end
    _glassbox.stop()
    with open(_run["observed"], "w", encoding="utf-8") as file:
        json.dump(_observed, file)
    if status != 0:
        _say(failure)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(status)
