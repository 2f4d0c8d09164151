"""It writes a file, and reads it twice: by line, and in large pieces."""

import hashlib
import tempfile

LINES = 400_000


def main() -> None:
    with tempfile.TemporaryFile("w+b") as file:
        for number in range(LINES):
            file.write(b"%d,%d\n" % (number, number * number % 1_009))
        file.seek(0)
        total = sum(int(line.split(b",")[1]) for line in file)
        file.seek(0)
        digest = hashlib.sha256()
        while piece := file.read(1 << 16):
            digest.update(piece)
    print(total, digest.hexdigest()[:16])


main()
