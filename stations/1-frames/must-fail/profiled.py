"""The claim on watching must fail here: the same program under a profiler written in Python.

sys.setprofile works by rewriting the instructions of what it watches.
"""
import runpy
import sys
from pathlib import Path


def profiler(frame, event, argument):
    """Do nothing, as cheaply as can be."""


program = Path(__file__).resolve().parent.parent / "experiments" / "specialize.py"
sys.setprofile(profiler)
runpy.run_path(str(program))
