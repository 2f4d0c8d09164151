"""The bytes of a device are added up, one after the other, from a buffer."""

BYTES = 400_000


def add_up(file) -> int:
    total = 0
    for _ in range(BYTES):
        total += ord(file.read(1))
    return total


def main() -> None:
    with open("/dev/zero", "rb") as file:
        print(add_up(file))


main()
