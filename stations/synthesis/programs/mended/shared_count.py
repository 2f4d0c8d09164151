"""Numbers are checked by two threads, each with its own copy of the settings. For the build without the lock."""

import copy
import threading

THREADS = 2
NUMBERS = 600_000


class Settings:
    def __init__(self, divisor: int, rest: int) -> None:
        self.divisor = divisor
        self.rest = rest


def check(first: int, settings: Settings, found: list[int]) -> None:
    settings = copy.copy(settings)
    count = 0
    for number in range(first, first + NUMBERS):
        if number % settings.divisor == settings.rest:
            count += 1
    found.append(count)


def main() -> None:
    settings = Settings(7, 3)
    found: list[int] = []
    threads = [
        threading.Thread(target=check, args=(place * NUMBERS, settings, found)) for place in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(found))


main()
