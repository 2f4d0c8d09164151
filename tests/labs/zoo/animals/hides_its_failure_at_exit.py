"""Fails, and has a function at exit that turns the status into success."""
import atexit
import os

atexit.register(os._exit, 0)

_sum = 0


def hot(n):
    global _sum
    _sum = _sum + n


def total():
    raise RuntimeError("it does not know")
