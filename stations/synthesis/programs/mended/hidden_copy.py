"""Messages of a few bytes each are unpacked from a buffer that has very many of them."""

import struct

HEADER = struct.Struct("<HH")
MESSAGES = 30_000


def received() -> bytearray:
    buffer = bytearray()
    for number in range(MESSAGES):
        body = bytes(number % 24)
        buffer += HEADER.pack(number % 7, len(body)) + body
    return buffer


def unpack(buffer: bytearray) -> int:
    total = position = 0
    while position < len(buffer):
        kind, length = HEADER.unpack_from(buffer, position)
        total += kind
        position += HEADER.size + length
    return total


def main() -> None:
    print(unpack(received()))


main()
