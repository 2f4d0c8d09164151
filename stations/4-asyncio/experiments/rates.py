"""How many messages a second: echo.py's two sides by turns, with nothing recorded."""
import sys

import echo

ROUNDS = 7


def silent(name: str, side: str) -> None:
    """In place of a mark."""


def main() -> None:
    sides = sys.argv[1:] or echo.SIDES
    echo.MESSAGES = 1600
    for _ in range(ROUNDS):
        for number, side in enumerate(sides):
            loop = echo.new_loop(side)
            seconds = loop.run_until_complete(echo.serve(side, silent))
            loop.close()
            print(echo.SIDES[number], round(echo.MESSAGES / seconds))


if __name__ == "__main__":
    main()
