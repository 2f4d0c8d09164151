"""Looks for a terminal to have as its own."""
import os

for name in ("/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/0", "/dev/tty0"):
    try:
        os.open(name, os.O_RDWR)
    except OSError:
        continue
    raise SystemExit(f"{name} can be opened")


def hot(n):
    pass


def total():
    return 0
