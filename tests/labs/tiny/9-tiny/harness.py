"""Calls the learner's hot() as often as the variant says."""

import os

import lab


def main():
    work = lab.load()
    if lab.argument(0) == "timed":
        lab.observe("coin", getattr(work, "coin", lambda: 0)())
        return
    kind = {"int": int, "float": float}[lab.argument(0)]
    with lab.part("calls"):
        for n in range(lab.parameter("calls")):
            work.hot(kind(n))
    with lab.part("after"):
        lab.observe("total", work.total())
    lab.observe("tmp", sorted(os.listdir("/tmp")))


lab.main(main)
