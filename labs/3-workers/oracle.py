"""Lab 3: what crunching and serving give, worked out one after the other."""
import json

import lab
import load

pieces, requests = lab.parameter("pieces"), lab.parameter("requests")
served = [load.serve(number + 100, 0, 0) for number in range(requests)]
print(json.dumps({"crunched": [load.crunch(first, pieces) for first in (1000, 2000)], "served": served}))
