"""A census of the objects in a process's heap: the witness beside what class `obj` recorded.

It reads the memory of another process that stands still, pool by pool, as pymalloc has laid it out
(Include/internal/pycore_obmalloc.h), and looks at each block that is in use: does an object of a known
type begin in it, where the collector's head and the pre-header of its type put it?  It knows nothing of
births and deaths.  Where the arenas lie it takes from the trace; that these are all is for test_alloc.py
to show.  For the tests alone; 64-bit builds with the GIL.
"""

import struct

POOL = 16384
ARENA = 1 << 20
OVERHEAD = 48
HAVE_GC = 1 << 14
PREHEADER = 1 << 3 | 1 << 4            # managed weak references, managed dict
HEADER = struct.Struct("<IxxxxQQQIIII")


def pre_header(type_):
    """Bytes of a block before the object in it."""
    return 16 * bool(type_.flags & HAVE_GC) + 16 * bool(type_.flags & PREHEADER)


def pools(memory, arenas):
    """(address, size class, blocks in use, bytes) of each pool with a block in use."""
    for arena in arenas:
        first = (arena + POOL - 1) // POOL * POOL
        memory.seek(first)
        data = memory.read(arena + ARENA - first)
        for at in range(0, len(data) - POOL + 1, POOL):
            count, _, _, _, _, index, following, _ = HEADER.unpack_from(data, at)
            if 0 < count <= (POOL - OVERHEAD) // 16 and index < 32 and OVERHEAD < following:
                yield first + at, index, count, data[at:at + POOL]


def blocks(address, index, data):
    """Offsets of the blocks in use: those handed out once and not on the pool's list of free ones."""
    size = (index + 1) * 16
    _, free, _, _, _, _, following, most = HEADER.unpack_from(data)
    unused = set()
    while free:
        at = free - address
        unused.add(at)
        if at >= following - size:     # the last block of the list may never have been handed out
            free = struct.unpack_from("<Q", data, at)[0] if at < following else 0
        else:
            free = struct.unpack_from("<Q", data, at)[0]
    return [at for at in range(OVERHEAD, min(following, most + size), size) if at not in unused]


def objects(pid, arenas, types, plain):
    """{address: (type id, bytes of its block)} of the objects in the pools of these arenas; `types` is
    {id: traces.Type}, `plain` holds blocks that are none, whatever they look like.  The second value is how
    many blocks are in use in all."""
    kinds = {}
    for ident, type_ in sorted(types.items()):
        kinds[type_.address] = ident, pre_header(type_)
    found, used = {}, 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for address, index, count, data in pools(memory, arenas):
            used += count
            size = (index + 1) * 16
            for at in blocks(address, index, data):
                if address + at in plain:
                    continue
                for before in (0, 16, 32):
                    if size < before + 16:
                        continue
                    refs, kind = struct.unpack_from("<QQ", data, at + before)
                    ident, pre = kinds.get(kind, (0, -1))
                    if pre == before and 0 < refs < 1 << 32:
                        found[address + at + before] = ident, size
                        break          # a tuple of one type looks like an instance of it, further on
    return found, used
