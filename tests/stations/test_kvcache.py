"""Station 6's cache, in sequences that nobody has thought of: whatever comes, its books are right.

Random requests join, grow, fork, are sent away and leave, by seeds, and after each step everything that must
be true is checked by the managers and once more from outside.  What a manager must notice is broken on
purpose.  Run by check.py.
"""
import random
import sys
import unittest
from pathlib import Path

EXPERIMENTS = Path(__file__).resolve().parent.parent.parent / "stations/6-torch/experiments"
sys.path.insert(0, str(EXPERIMENTS))

import lengths  # noqa: E402
import samples  # noqa: E402
import serve  # noqa: E402
import serving  # noqa: E402
from kvcache import Blocks, Buddy, OutOfOrder, Paged, Request, Reserved, power_of_two  # noqa: E402

SLOTS = 96
SEEDS = range(20)
STEPS = 120


def server_of(manager, count=30, longest=40, seed=0) -> serving.Server:
    pairs = lengths.draw(count, lengths.Means(6, 9), longest, seed)
    return serving.Server(manager, [Request(number, *pair) for number, pair in enumerate(pairs)])


def used_blocks(manager: Paged) -> set[int]:
    return {block for table in manager.tables.values() for block in table}


class PagedInAnyOrder(unittest.TestCase):
    def change(self, manager: Paged, requests: list[Request], source: random.Random) -> None:
        """One thing that may happen to a cache."""
        what = source.choice(("admit", "grow", "grow", "grow", "fork", "release"))
        if what == "admit" or not requests:
            request = Request(source.randrange(1000), source.randint(1, 20), 20)
            if manager.admit(request):
                requests.append(request)
        elif what == "grow":
            manager.grow(source.choice(requests))
        elif what == "fork":
            parent = source.choice(requests)
            child = Request(parent.number, parent.prompt, parent.output)
            manager.fork(parent, child)
            requests.append(child)
        else:
            manager.release(requests.pop(source.randrange(len(requests))))

    def test_every_block_is_free_or_owned_after_each_step(self):
        for seed in SEEDS:
            source = random.Random(seed)
            manager, requests = Paged(SLOTS, source.choice((1, 2, 3, 4, 8, 16))), []
            for _ in range(STEPS):
                self.change(manager, requests, source)
                manager.check()
                used = used_blocks(manager)
                self.assertEqual(len(used) + len(manager.blocks.free), manager.blocks.count)
                self.assertFalse(used & set(manager.blocks.free))
                self.assertEqual(sum(manager.usage()), SLOTS)
            for request in requests:
                manager.release(request)
            self.assertEqual(sorted(manager.blocks.free), list(range(manager.blocks.count)))

    def test_who_writes_writes_where_nobody_else_reads(self):
        for seed in SEEDS:
            source = random.Random(seed)
            manager, requests = Paged(SLOTS, 4), []
            for _ in range(STEPS):
                before = {request: request.stored for request in requests}
                self.change(manager, requests, source)
                grown = [request for request in requests if request.stored > before.get(request, request.stored)]
                for request in grown:
                    self.assertEqual(manager.blocks.owners[manager.tables[request][-1]], 1)

    def test_a_copy_keeps_what_was_there_for_both(self):
        manager = Paged(64, 4)
        first = Request(0, 6, 4)
        manager.admit(first)
        second = Request(0, 6, 4)
        manager.fork(first, second)
        self.assertEqual(manager.tables[first], manager.tables[second])
        old = manager.tables[first][-1]
        self.assertTrue(manager.grow(second))
        self.assertEqual(manager.copies, [(old, manager.tables[second][-1])])
        self.assertEqual(manager.tables[first][-1], old)
        self.assertTrue(manager.grow(first))  # the only owner now: no copy
        self.assertEqual(len(manager.copies), 1)
        self.assertEqual(manager.tables[first][-1], old)
        manager.check()

    def test_a_full_block_is_shared_without_a_copy(self):
        manager = Paged(64, 4)
        first, second = Request(0, 8, 4), Request(0, 8, 4)
        manager.admit(first)
        manager.fork(first, second)
        manager.grow(first)
        manager.grow(second)
        self.assertEqual(manager.copies, [])
        self.assertEqual(manager.tables[first][:2], manager.tables[second][:2])
        self.assertNotEqual(manager.tables[first][2], manager.tables[second][2])

    def test_nothing_changes_where_there_is_no_room(self):
        manager = Paged(8, 4)
        first = Request(0, 8, 4)
        self.assertTrue(manager.admit(first))
        self.assertFalse(manager.grow(first))
        self.assertFalse(manager.admit(Request(1, 1, 1)))
        self.assertEqual((first.stored, manager.blocks.free), (8, []))
        manager.check()


class BrokenBooks(unittest.TestCase):
    def setUp(self):
        self.manager = Paged(SLOTS, 4)
        self.request = Request(0, 10, 4)
        self.manager.admit(self.request)

    def is_noticed(self):
        self.assertRaises(OutOfOrder, self.manager.check)

    def test_a_block_that_is_given_back_too_early(self):
        self.manager.blocks.give_back(self.manager.tables[self.request][0])
        self.is_noticed()

    def test_a_block_that_is_lost(self):
        self.manager.tables[self.request].pop()
        self.is_noticed()

    def test_a_block_that_is_free_twice(self):
        self.manager.blocks.free.append(self.manager.blocks.free[0])
        self.is_noticed()

    def test_an_entry_that_is_wrong(self):
        self.manager.tables[self.request][1] = self.manager.tables[self.request][0]
        self.is_noticed()

    def test_a_block_too_many(self):
        self.manager.tables[self.request].append(self.manager.blocks.take())
        self.is_noticed()

    def test_a_slot_in_two_pieces(self):
        manager = Reserved(64, lambda request: 8)
        manager.admit(self.request)
        manager.pieces[Request(1, 1, 1)] = (4, 8)
        self.assertRaises(OutOfOrder, manager.check)

    def test_a_request_that_outgrows_its_piece(self):
        manager = Reserved(64, lambda request: 11)
        manager.admit(self.request)
        manager.grow(self.request)
        manager.check()
        manager.grow(self.request)
        self.assertRaises(OutOfOrder, manager.check)


class InOnePiece(unittest.TestCase):
    def test_pieces_never_overlap_and_all_come_back(self):
        for slots in (1, 7, 96, 100, 512):
            source, buddy, taken = random.Random(slots), Buddy(slots), {}
            whole = {size: set(places) for size, places in buddy.free.items() if places}
            for _ in range(STEPS):
                if taken and source.random() < 0.45:
                    place = source.choice(sorted(taken))
                    buddy.give_back(place, taken.pop(place))
                else:
                    size = 1 << source.randrange(6)
                    place = buddy.take(size)
                    if place is not None:
                        self.assertEqual(place % size, 0)
                        taken[place] = size
                free = [(place, size) for size, places in buddy.free.items() for place in places]
                end = 0
                for place, size in sorted(free + list(taken.items())):
                    self.assertEqual(place, end)
                    end = place + size
                self.assertEqual(end, slots)
            for place, size in taken.items():
                buddy.give_back(place, size)
            self.assertEqual({size: places for size, places in buddy.free.items() if places}, whole)

    def test_powers_of_two(self):
        self.assertEqual([power_of_two(number) for number in (1, 2, 3, 25, 32, 33)], [1, 2, 4, 32, 32, 64])

    def test_the_kinds_are_the_whole_cache(self):
        for guess in (lambda request: 40, lambda request: request.final,
                      lambda request: request.prompt + power_of_two(request.output)):
            server = server_of(Reserved(SLOTS, guess), longest=32)
            while server.begin():
                server.manager.check()
                usage = server.manager.usage()
                self.assertEqual(sum(usage), SLOTS)
                self.assertGreaterEqual(min(usage), 0)
                server.end()


class Served(unittest.TestCase):
    def managers(self):
        yield Reserved(SLOTS, lambda request: 40)
        yield Reserved(SLOTS, lambda request: request.final)
        for size in (1, 3, 4, 16):
            yield Paged(SLOTS, size)

    def test_everybody_gets_all_of_its_tokens_in_the_order_of_arrival(self):
        for manager in self.managers():
            for seed in range(5):
                server = server_of(manager, seed=seed)
                everybody = list(server.waiting)
                while server.begin():
                    manager.check()
                    numbers = [request.number for request in server.running]
                    self.assertEqual(numbers, sorted(numbers))
                    if server.waiting:
                        self.assertGreater(server.waiting[0].number, numbers[-1])
                    for request in server.running:
                        self.assertEqual(request.stored, request.prompt + request.emitted)
                    server.end()
                self.assertEqual([request.emitted for request in everybody],
                                 [request.output for request in everybody])
                self.assertEqual(server.emitted, sum(request.output for request in everybody))
                self.assertEqual(manager.usage().external, SLOTS)

    def test_who_is_sent_away_comes_back(self):
        server = server_of(Paged(SLOTS, 4))
        while server.begin():
            server.end()
        self.assertGreater(server.sent_away, 0)
        self.assertGreater(server.computed_again, 0)

    def test_who_never_fits_is_told_so(self):
        server = serving.Server(Paged(SLOTS, 4), [Request(0, SLOTS + 1, 1)])
        self.assertRaises(MemoryError, server.begin)

    def test_who_outgrows_an_empty_cache_is_told_so(self):
        server = serving.Server(Paged(SLOTS, 4), [Request(0, SLOTS - 2, 50)])
        with self.assertRaises(MemoryError):
            while server.begin():
                server.end()

    def test_the_same_requests_every_time(self):
        self.assertEqual(lengths.draw(50), lengths.draw(50))
        self.assertTrue(all(sum(pair) <= lengths.LONGEST and min(pair) > 0 for pair in lengths.draw(2000)))

    def test_lengths_have_the_means_they_should(self):
        pairs = lengths.draw(20_000, lengths.Means(20, 50), 100_000)
        for which, mean in enumerate((20, 50)):
            drawn = sum(pair[which] for pair in pairs) / len(pairs)
            self.assertAlmostEqual(drawn / mean, 1, delta=0.02)

    def test_the_cache_has_whole_blocks_of_every_size(self):
        for size in (1, 2, 4, 8, 16, 32, 64, 128):
            self.assertEqual(serve.SLOTS % size, 0)


class Answers(unittest.TestCase):
    def test_contents_survive_forks_copies_and_reuse(self):
        for seed in SEEDS:
            source = random.Random(seed)
            manager = Paged(400, source.choice((1, 2, 4, 8)))
            contents = samples.Contents(manager)
            running, number = [], 0
            for _ in range(60):
                if len(running) < 9:
                    pair = source.randint(1, 12), source.randint(1, 12)
                    running += samples.let_in(contents, number, pair, source.randint(1, 4))
                    number += 1
                for answer in running:
                    self.assertTrue(manager.grow(answer))
                    contents.write(answer, answer.stored - 1, answer.token(answer.stored - 1))
                    manager.check()
                for answer in running:
                    self.assertEqual(contents.read(answer), " ".join(map(answer.token, range(answer.stored))))
                for answer in [answer for answer in running if answer.stored == answer.final]:
                    manager.release(answer)
                    running.remove(answer)


class Free(unittest.TestCase):
    def test_the_last_one_back_is_the_first_one_out(self):
        blocks = Blocks(4)
        first, second = blocks.take(), blocks.take()
        blocks.share(first)
        blocks.give_back(first)
        self.assertNotIn(first, blocks.free)
        blocks.give_back(second)
        blocks.give_back(first)
        self.assertEqual(blocks.take(), first)


class Attention(unittest.TestCase):
    def setUp(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("there is no numpy")

    def test_all_ways_to_read_agree_at_every_length(self):
        import attend
        import numpy as np
        from attention import Cache, Layer, without_a_cache
        pairs = lengths.draw(6, lengths.Means(6, 12), 40)
        layer = Layer(pairs)
        for size in (1, 3, 4, 16):
            runs = [attend.Run(Reserved(160, lambda request: 40), layer, pairs),
                    attend.Run(Paged(96, size), layer, pairs)]
            for run in runs:
                self.assertIsInstance(run.cache, Cache)
                run.samples = {number: set(range(1, 41)) for number in range(6)}
                run.all_of_it()
            piece, paged = (run.results for run in runs)
            self.assertEqual(len(piece) * 2, len(paged))
            for (_, number, tokens), result in piece.items():
                right = without_a_cache(layer, number, tokens)
                for other in (result, paged["table", number, tokens], paged["blocks", number, tokens]):
                    self.assertLess(float(np.abs(other - right).max()), 1e-5)


if __name__ == "__main__":
    unittest.main()
