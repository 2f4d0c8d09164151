"""Numbers are checked by two threads, each with its own copy of the settings. For the build without the lock."""

import copy
import threading

THREADS = 2
NUMBERS = 1_200_000


class Settings:
    def __init__(self, divisor: int, low: int, high: int) -> None:
        self.divisor = divisor
        self.low = low
        self.high = high


def check(first: int, settings: Settings, found: list[int]) -> None:
    settings = copy.copy(settings)
    count = 0
    for number in range(first, first + NUMBERS):
        if settings.low <= number % settings.divisor < settings.high:
            count += 1
    found.append(count)


def main() -> None:
    settings = Settings(7, 2, 5)
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
