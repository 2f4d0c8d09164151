"""A cycle from its birth over a collection that spares it to the one that does not, and its block."""
# record: events=ref+gc+obj+alloc+mark
# life: left
import gc

import glassbox


class Node:
    pass


gc.disable()
for _ in range(40):  # the class learns what its instances need
    Node().other = None
left, right = Node(), Node()
glassbox.watch(left, "left")
left.other, right.other = right, left
gc.collect()
del left, right
gc.collect()
