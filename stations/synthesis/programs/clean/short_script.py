"""A short script, as people write them: it does a little of everything, at module level."""

import json
import sys
from collections import Counter

names = ["ada", "grace", "barbara", "frances", "margaret"]
lengths = Counter(len(name) for name in names)
text = ""
for name in names:
    text += name.title() + " "
for length, count in sorted(lengths.items()):
    print(length, count)
print(json.dumps({"names": text.strip(), "longest": max(names, key=len)}))
sys.exit(0)
