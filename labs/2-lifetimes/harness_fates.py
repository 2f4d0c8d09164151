"""Lab 2: the six lives of this student, without a line of the learner's."""
import fates  # the very file that the learner was given
import lab


def main():
    fates.live(dict(zip("abcdef", lab.parameter("lives").split())), lab.part)


lab.main(main)
