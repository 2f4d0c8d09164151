"""The quick lab: have step() run, and note what came of it."""
import lab


def main():
    work = lab.load()
    with lab.part("calls"):
        total = work.steps(lab.parameter("calls"))
    lab.observe("total", total if isinstance(total, int) else -1)


lab.main(main)
