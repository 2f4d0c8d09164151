"""Lab 2: the six lives of this student, without a line of the learner's."""
import pathlib
import sys

import lab

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "start"))

import fates  # noqa: E402  (found by the line above: the very file that the learner was given)


def main():
    fates.live(dict(zip("abcdef", lab.parameter("lives").split())), lab.part)


lab.main(main)
