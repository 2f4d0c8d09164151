"""Tries to have a second name for files that are not its own, and to be named as its own what is outside."""
import os

for target in ("/lab/run.json", "/lab/lab.py", "/learner/work.py", "/glassbox/cpython/build/gil/python", "/inside", "/usr/lib/os-release"):
    for how in (os.link, os.rename):
        try:
            how(target, "/tmp/mine")
        except OSError:
            continue
        raise SystemExit(f"{target} has another name")
os.symlink("/../../../../../../../../../etc", "/tmp/etc")
if os.path.exists("/tmp/etc/passwd"):
    raise SystemExit("there is a way out")


def hot(n):
    pass


def total():
    return 0
