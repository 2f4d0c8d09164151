"""What workers do: pure Python, nothing shared, nothing waited for.

Imported by every worker, whatever kind of worker it is.
"""


def is_prime(number: int) -> bool:
    """Try every odd divisor up to the square root."""
    if number < 2 or number % 2 == 0:
        return number == 2
    divisor = 3
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 2
    return True


def count_primes(first: int, limit: int, step: int) -> int:
    """How many primes are among first, first + step, ... below limit."""
    count = 0
    for number in range(first, limit, step):
        if is_prime(number):
            count += 1
    return count


def work(data: bytes, steps: int) -> int:
    """Take some data, and do so many steps of work that have nothing to do with it."""
    total = len(data)
    for step in range(steps):
        total += step
    return total
