"""Packets of many lengths are padded to a frame of 16 kB each, and the frames are looked over."""

ROUNDS = 5
FRAME = 16 * 1024
PACKETS = [bytes([number % 251]) * (number % 97 + 1) for number in range(4_000)]


def look_over() -> int:
    frames = [packet.ljust(FRAME, b"\0") for packet in PACKETS]  # fault: 64 MB at once, for one number
    return sum(frame[-1] == 0 for frame in frames)


def main() -> None:
    print([look_over() for _ in range(ROUNDS)])


main()
