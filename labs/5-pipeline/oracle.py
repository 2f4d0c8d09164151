"""What the digest is: worked out number by number, without NumPy and without the learner's code."""

import array
import hashlib
import json
import zlib

import lab


def main():
    count = lab.parameter("rows") * lab.parameter("columns")
    step, scale = lab.parameter("step"), lab.parameter("scale")
    numbers = array.array(lab.parameter("kind"), ((i * step) % 9973 * scale for i in range(count))).tobytes()
    digest = {
        "crc32": zlib.crc32,
        "adler32": zlib.adler32,
        "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    }[lab.parameter("consumer")](numbers)
    print(json.dumps({"digest": digest}))


if __name__ == "__main__":
    main()
