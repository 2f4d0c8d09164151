"""The allocator's state, replayed from its events: a second reader of class `alloc`, for the tests alone.

Pools are told by their counts: what was in a pool before the recording is known by number, not by
address.  What came from malloc() is told by address and size.
"""

import collections

POOL = 16384
CLASSES = 32


class Heap:
    def __init__(self):
        self.arenas = {}               # address -> owner
        self.pools = {}                # address -> [size class, blocks in use]
        self.large = {}                # address -> (domain, size)
        self.unknown_large = 0         # of pymalloc, there before the recording
        self.lists = collections.Counter()
        self.requested = {}            # address -> bytes asked for, of what came since a point in time
        self.wrong = []

    @property
    def blocks(self):
        return sum(count for _, count in self.pools.values())

    @property
    def bytes(self):
        return sum(count * (size_class + 1) * 16 for size_class, count in self.pools.values())

    @property
    def large_blocks(self):
        return self.unknown_large + sum(domain != 0 for domain, _ in self.large.values())

    def live(self):
        """Bytes asked for and not given back, of what came since the recording began, or since a mark."""
        return sum(self.requested.values())

    def used_pools(self):
        return {at: entry for at, entry in self.pools.items() if entry[1]}

    def expect(self, event, what, mine, theirs):
        if mine != theirs:
            self.wrong.append((event.name, what, mine, theirs))

    def apply(self, event):
        f, verb = event.fields, event.name.removeprefix("alloc.")
        address = f.get("address", 0)
        if verb in ("arena_new", "arena_found"):
            self.arenas[address] = f["owner"]
        elif verb == "arena_free":
            self.expect(event, "known", address in self.arenas, True)
            self.arenas.pop(address, None)
        elif verb == "pool_found":
            self.pools[address] = [f["size_class"], f["blocks"]]
        elif verb.startswith("pool_"):
            self.pool(event, verb, address)
        elif verb == "block_alloc":
            self.pools[address // POOL * POOL][1] += 1
            self.requested[address] = f["size"]
        elif verb == "block_free":
            self.pools[address // POOL * POOL][1] -= 1
            self.requested.pop(address, None)
        elif verb == "block_resize":
            self.requested[address] = f["size"]
        elif verb == "large_alloc":
            self.large[address] = f["domain"], f["size"]
            self.requested[address] = f["size"]
        elif verb == "large_free":
            self.requested.pop(address, None)
            if self.large.pop(address, None) is None:
                self.unknown_large -= f["domain"] != 0
        elif verb == "large_resize":
            if self.large.pop(f["old_address"], None) is None:
                self.unknown_large -= f["domain"] != 0
            self.large[address] = f["domain"], f["size"]
            self.requested.pop(f["old_address"], None)
            self.requested[address] = f["size"]
        elif verb == "found":
            self.unknown_large = f["large"]
            self.total(event)
        elif verb == "total":
            self.total(event)
        elif verb in ("freelist_found", "freelist_put"):
            self.lists[f["list"]] += 1
        elif verb in ("freelist_hit", "freelist_drop"):
            self.lists[f["list"]] -= 1

    def pool(self, event, verb, address):
        entry = self.pools.setdefault(address, [event.fields["size_class"], 0])
        coming = verb in ("pool_new", "pool_full")     # the block that makes it so is on its way
        self.expect(event, "blocks", entry[1] + coming, event.fields["blocks"])
        if verb == "pool_new":
            entry[0] = event.fields["size_class"]
        self.expect(event, "size class", entry[0], event.fields["size_class"])
        room = (POOL - 48) // (16 * (entry[0] + 1))
        self.expect(event, "full", event.fields["blocks"] == room, verb == "pool_full")
        self.expect(event, "empty", event.fields["blocks"] == 0, verb == "pool_empty")

    def total(self, event):
        for what, mine in (("arenas", len(self.arenas)), ("pools", len(self.used_pools())),
                           ("blocks", self.blocks), ("bytes", self.bytes), ("large", self.large_blocks)):
            self.expect(event, what, mine, event.fields[what])


def replay(trace, until=None, since=None):
    """The state after the last event, or at the mark of a name; by one thread alone.  Bytes asked for are
    those since a mark, or since the beginning."""
    heap = Heap()
    (events,) = [events for events in trace.threads.values() if any(e.name == "mark.mark" for e in events)]
    for event in events:
        if event.name.startswith("alloc."):
            heap.apply(event)
        elif event.name == "mark.mark" and trace.text(event) == until:
            return heap
        elif event.name == "mark.mark" and trace.text(event) == since:
            heap.requested.clear()
    return heap
