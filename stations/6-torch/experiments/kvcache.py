"""Where the keys and values of requests lie: in one piece for each request, or in blocks.

Imported by the experiments of claims 6.4.  A server of a language model keeps a key and a value for each
token of each request that it works on, since every later token needs them.  The memory for them is cut
into slots, a token each.  `Reserved` sets aside one piece for a request, as long as the request might
become.  `Paged` gives it blocks as it grows, wherever they are free, and writes down in a table where
they are, as an operating system does with pages.

Managers hand out places.  What is stored there, if anything, is for attention.py.
"""
from typing import NamedTuple


class Request:
    """A prompt that came in, and how far its answer is."""

    def __init__(self, number: int, prompt: int, output: int):
        self.number = number
        self.prompt = prompt  # tokens
        self.output = output  # tokens that the answer will have: only an oracle knows that beforehand
        self.emitted = 0  # tokens of the answer so far
        self.stored = 0  # tokens that have a slot

    @property
    def final(self) -> int:
        """Tokens at its end."""
        return self.prompt + self.output


class Usage(NamedTuple):
    """What the slots of the whole cache are used for; the kinds are the paper's (section 3.1, figure 2)."""

    tokens: int  # hold the state of a token
    reserved: int  # its request will fill them later, and nobody else can have them meanwhile
    internal: int  # set aside for a request that will never fill them
    external: int  # nobody has asked for them: gaps, what an allocator rounds up, or what is free


class OutOfOrder(Exception):
    """A manager's books do not agree."""


# --------------------------------------------------------------------------- in one piece


def power_of_two(number: int) -> int:
    """The least power of two that is not smaller."""
    return 1 << (number - 1).bit_length()


class Buddy:
    """An allocator of pieces whose sizes are powers of two: halves them, and joins what was halved.

    The paper assumes it for the systems before paging (section 6.1).
    """

    def __init__(self, slots: int):
        self.free: dict[int, set[int]] = {}
        place = 0
        while place < slots:  # powers of two that make up the whole, the largest first
            size = 1 << ((slots - place).bit_length() - 1)
            self.free.setdefault(size, set()).add(place)
            place += size
        self.whole = [(place, size) for size, places in self.free.items() for place in places]

    def take(self, size: int) -> int | None:
        """The place of a piece of this size, or None."""
        fitting = [each for each, places in self.free.items() if each >= size and places]
        if not fitting:
            return None
        found = min(fitting)
        place = min(self.free[found])
        self.free[found].remove(place)
        while found > size:
            found //= 2
            self.free.setdefault(found, set()).add(place + found)
        return place

    def give_back(self, place: int, size: int) -> None:
        """A piece is free again; with its other half, if that is free, it becomes one."""
        while (place, size) not in self.whole and (place ^ size) in self.free.get(size, ()):
            self.free[size].remove(place ^ size)
            place &= ~size
            size *= 2
        self.free.setdefault(size, set()).add(place)


class Reserved:
    """One piece of memory a request, set aside before it begins: `foresee` says how long it might get."""

    def __init__(self, slots: int, foresee):
        self.slots = slots
        self.foresee = foresee
        self.buddy = Buddy(slots)
        self.pieces: dict[Request, tuple[int, int]] = {}  # place, size asked for

    def admit(self, request: Request) -> bool:
        """Set memory aside for a whole request; False: there is no such piece."""
        size = self.foresee(request)
        place = self.buddy.take(power_of_two(size))
        if place is None:
            return False
        self.pieces[request] = place, size
        request.stored = request.prompt + request.emitted
        return True

    def grow(self, request: Request) -> bool:
        """A slot for its next token: it is there already."""
        request.stored += 1
        return True

    def release(self, request: Request) -> None:
        """The request has ended."""
        place, size = self.pieces.pop(request)
        self.buddy.give_back(place, power_of_two(size))
        request.stored = 0

    def place(self, request: Request) -> int:
        """The slot of its first token; the others follow."""
        return self.pieces[request][0]

    def usage(self) -> Usage:
        tokens = sum(request.stored for request in self.pieces)
        reserved = sum(min(request.final, size) - request.stored for request, (_, size) in self.pieces.items())
        asked = sum(size for _, size in self.pieces.values())
        return Usage(tokens, reserved, asked - tokens - reserved, self.slots - asked)

    def check(self) -> None:
        """Every slot is in one piece or free, and no piece is too short."""
        taken = [(place, power_of_two(size)) for place, size in self.pieces.values()]
        free = [(place, size) for size, places in self.buddy.free.items() for place in places]
        end = 0
        for place, size in sorted(taken + free):
            if place != end:
                raise OutOfOrder(f"slot {min(place, end)} is in two pieces, or in none")
            end = place + size
        if end != self.slots:
            raise OutOfOrder(f"the pieces have {end} slots, not {self.slots}")
        if any(request.stored > size for request, (_, size) in self.pieces.items()):
            raise OutOfOrder("a request has outgrown its piece")


# --------------------------------------------------------------------------- in blocks


class Blocks:
    """All blocks: those that are free, and of each other one in how many tables it is."""

    def __init__(self, count: int):
        self.count = count
        self.free = list(range(count))
        self.owners = [0] * count

    def take(self) -> int:
        """A free block: the one that was given back last."""
        block = self.free.pop()
        self.owners[block] = 1
        return block

    def share(self, block: int) -> None:
        """One more table has it."""
        self.owners[block] += 1

    def give_back(self, block: int) -> None:
        """One table less has it; it is free when none is left."""
        self.owners[block] -= 1
        if self.owners[block] == 0:
            self.free.append(block)


class Paged:
    """Blocks of `size` slots, taken when a request needs them, wherever they are."""

    def __init__(self, slots: int, size: int = 16):
        self.slots = slots
        self.size = size
        self.blocks = Blocks(slots // size)
        self.tables: dict[Request, list[int]] = {}
        self.kept_free = self.blocks.count // 100  # so that those who run can grow, before others are let in
        self.copies: list[tuple[int, int]] = []  # blocks (from, to) to be copied before the next write
        self.forked = False  # some block may be in more than one table

    def admit(self, request: Request) -> bool:
        """Blocks for the prompt, and for what was emitted before it was sent away; False: too few are free."""
        tokens = request.prompt + request.emitted
        needed = -(-tokens // self.size)
        if len(self.blocks.free) - needed < (self.kept_free if self.tables else 0):
            return False
        self.tables[request] = [self.blocks.take() for _ in range(needed)]
        request.stored = tokens
        return True

    def grow(self, request: Request) -> bool:
        """A slot for its next token; False: that needs a block, and none is free."""
        table = self.tables[request]
        if request.stored == len(table) * self.size:
            if not self.blocks.free:
                return False
            table.append(self.blocks.take())
        elif self.blocks.owners[table[-1]] > 1:
            if not self.blocks.free:
                return False
            self.copy_last(table)
        request.stored += 1
        return True

    def copy_last(self, table: list[int]) -> None:
        """The last block is somebody else's, too: write into a copy of it."""
        copy = self.blocks.take()
        self.copies.append((table[-1], copy))
        self.blocks.give_back(table[-1])
        table[-1] = copy

    def fork(self, request: Request, child: Request) -> None:
        """Another answer to the same prompt: all that is stored so far is in both tables."""
        self.forked = True
        table = self.tables[request]
        for block in table:
            self.blocks.share(block)
        self.tables[child] = list(table)
        child.stored = request.stored

    def release(self, request: Request) -> None:
        """The request has ended, or was sent away."""
        for block in self.tables.pop(request):
            self.blocks.give_back(block)
        request.stored = 0

    def usage(self) -> Usage:
        if self.forked:
            tokens, ever, in_tables = self.filled_once()
        else:
            tokens = sum(request.stored for request in self.tables)
            ever = sum(min(request.final, len(table) * self.size) for request, table in self.tables.items())
            in_tables = sum(map(len, self.tables.values())) * self.size
        free = len(self.blocks.free) * self.size + self.slots % self.size
        return Usage(tokens, ever - tokens, in_tables - ever, free)

    def filled_once(self) -> tuple[int, int, int]:
        """Slots that hold a token, that ever will, and all in tables: a block may be in several of them."""
        filled: dict[int, int] = {}
        to_be_filled: dict[int, int] = {}
        for request, table in self.tables.items():
            for at, block in enumerate(table):
                before = at * self.size
                filled[block] = max(filled.get(block, 0), min(self.size, request.stored - before))
                to_be_filled[block] = max(to_be_filled.get(block, 0), min(self.size, request.final - before))
        return sum(filled.values()), sum(to_be_filled.values()), len(filled) * self.size

    def check(self) -> None:
        """Every block is free, or is in as many tables as it has owners; tables are as long as they must be."""
        seen = [0] * self.blocks.count
        for request, table in self.tables.items():
            if len(table) != -(-request.stored // self.size):
                raise OutOfOrder(f"request {request.number} has {len(table)} blocks for {request.stored} tokens")
            for block in table:
                seen[block] += 1
        if seen != self.blocks.owners:
            raise OutOfOrder("a block is in another number of tables than it has owners")
        free = set(self.blocks.free)
        if len(free) != len(self.blocks.free):
            raise OutOfOrder("a block is free twice")
        if free != {block for block, owners in enumerate(self.blocks.owners) if owners == 0}:
            raise OutOfOrder("a block is free and in a table, or neither")
