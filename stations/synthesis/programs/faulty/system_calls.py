"""The bytes of a device are added up, one after the other."""

BYTES = 400_000


def add_up(file) -> int:
    total = 0
    for _ in range(BYTES):
        total += ord(file.read(1))  # fault: a file without a buffer: each byte is a call of the system
    return total


def main() -> None:
    with open("/dev/zero", "rb", buffering=0) as file:
        print(add_up(file))


main()
