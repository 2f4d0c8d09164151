"""JSON there and back: nested documents of the usual shapes."""

import json


def document(i):
    return {
        "id": i, "name": f"item {i}", "price": i * 1.25, "tags": ["a", "b", str(i)], "live": i % 3 == 0,
        "parent": None, "size": {"w": i, "h": i * 2, "note": "caf\u00e9 \u2603 " + "x" * (i % 17)},
    }


def run():
    total = 0
    documents = [document(i) for i in range(150)]
    for _ in range(10):
        text = json.dumps(documents, indent=2)          # the encoder in Python
        text = json.dumps(documents)                    # the one in C
        total += len(text) + len(json.loads(text))
    return total
