"""The claim on watching must fail here: the same program under a trace function, as debuggers use one.

sys.settrace works by rewriting the instructions of what it watches.
"""
import runpy
import sys
from pathlib import Path


def tracer(frame, event, argument):
    """Follow every line, and do nothing."""
    return tracer


program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
sys.settrace(tracer)
runpy.run_path(str(program))
