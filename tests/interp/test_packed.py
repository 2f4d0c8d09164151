"""Packed records: what the one word of a birth, a death or a block says is what the full record would."""

import collections
import unittest

import traces


def run(program, options="events=obj+alloc+mark"):
    return traces.run("import glassbox\nmark = glassbox.mark\n" + program, options=options)[0]


def between(trace, name):
    return [event for event in trace.between_marks("begin", "end") if event.name == name]


class Objects(unittest.TestCase):
    def test_sizes_on_both_sides_of_what_is_packed(self):
        trace = run("def work():\n    return [tuple([i] * i) for i in range(1, 40)]\n"
                    "work()\nmark('begin')\nkept = work()\nmark('end')\n")
        sizes = [e.fields["size"] for e in between(trace, "obj.create") if trace.type(e) == "tuple"]
        self.assertLessEqual({().__sizeof__() + 8 * i for i in range(1, 40)}, set(sizes))
        self.assertGreater(trace.packed, 1000)

    def test_ints_of_many_digits(self):
        trace = run("def work():\n    return [1 << (30 * i) for i in range(1, 30)]\n"
                    "work()\nmark('begin')\nkept = work()\nmark('end')\n")
        sizes = {e.fields["size"] for e in between(trace, "obj.create") if trace.type(e) == "int"}
        self.assertLessEqual({(1 << (30 * i)).__sizeof__() for i in range(1, 30)}, sizes)

    def test_a_program_with_more_types_than_are_packed(self):
        trace = run("kinds = [type(f'Kind{i}', (), {'__slots__': ('a',)}) for i in range(400)]\n"
                    "mark('begin')\nkept = [kind() for kind in kinds]\nkept.clear()\nmark('end')\n")
        for verb in ("obj.create", "obj.destroy"):
            names = [trace.type(e) for e in between(trace, verb) if trace.type(e).startswith("Kind")]
            self.assertEqual(sorted(names), sorted(f"Kind{i}" for i in range(400)))
        ids = {e.fields["type"] for e in between(trace, "obj.create")}
        self.assertTrue(min(ids) < 256 <= max(ids))
        size = {e.fields["size"] for e in between(trace, "obj.create") if trace.type(e).startswith("Kind")}
        self.assertEqual(size, {16 + 8 + 16 * traces.FREE_THREADED})

    def test_what_is_born_packed_dies_at_the_same_address(self):
        trace = run("def work():\n    for i in range(500): [i, (i, i + 1000), {i: 1.5 * i}]\n"
                    "work()\nmark('begin')\nwork()\nmark('end')\n")
        alive = {}
        for event in trace.between_marks("begin", "end"):
            if event.name == "obj.create":
                self.assertNotIn(event.fields["address"], alive)
                alive[event.fields["address"]] = event.fields["type"]
            elif event.name == "obj.destroy":
                self.assertEqual(alive.pop(event.fields["address"], event.fields["type"]), event.fields["type"])
        self.assertLess(len(alive), 5)


class Blocks(unittest.TestCase):
    """Those that are asked for where one before was have no site of their own in the file."""

    def test_every_size_is_exact(self):
        trace = run("def work():\n    return [bytes(i) for i in range(2, 1500)]\n"
                    "work()\nmark('begin')\nkept = work()\nmark('end')\n")
        head = b"".__sizeof__()
        served = {e.fields["size"] for e in trace.between_marks("begin", "end")
                  if e.name in ("alloc.block_alloc", "alloc.large_alloc")}
        self.assertLessEqual({head + i for i in range(2, 1500)}, served)

    def test_each_block_names_the_instruction_that_asked(self):
        trace = run("def one(n): return bytes(n)\ndef two(n): return bytes(n + 1)\n"
                    "def work():\n    for n in range(50, 250, 2): one(n), one(n), two(n)\n"
                    "work()\nmark('begin')\nwork()\nmark('end')\n")
        head = b"".__sizeof__()
        seen = [trace.code(e) for e in between(trace, "alloc.block_alloc") if e.fields["size"] >= head + 50]
        self.assertEqual(seen, ["one", "one", "two"] * 100)

    def test_one_function_that_asks_in_several_lines(self):
        sizes = {line: 40 + 16 * line for line in range(4, 8)}
        for lines in ([4, 5], [4, 5, 6], [4, 5, 6, 7]):
            body = "".join(f"        bytes({sizes[line]} + n % 2)\n" for line in lines)
            trace = run(f"def work():\n    for n in range(60):\n{body}work()\nmark('begin')\nwork()\nmark('end')\n")
            head, seen = b"".__sizeof__(), collections.Counter()
            for event in between(trace, "alloc.block_alloc"):
                asked = (event.fields["size"] - head) // 2 * 2
                if asked in sizes.values():
                    seen[asked, trace.line(event.fields["code"], event.fields["offset"])] += 1
            first = min(line for _, line in seen)
            self.assertEqual(dict(seen), {(sizes[line], first + i): 60 for i, line in enumerate(lines)})

    def check_one_function(self, trace):
        """All but a few blocks are of `work`, and they come from many segments."""
        codes = collections.Counter(trace.code(e) for e in trace.named("alloc.block_alloc") if e.fields["size"] == 300)
        self.assertGreater(codes["work"], 10_000)
        self.assertEqual(set(codes), {"work"})

    def test_a_new_segment_names_the_function_again(self):
        work = "def work(n):\n    for i in range(n): bytes(room)\n"
        trace = run(f"room = 300 - {b''.__sizeof__()}\n{work}work(60_000)\n", "events=alloc")
        self.check_one_function(trace)

    def test_so_does_one_that_is_used_again(self):
        work = "def work(n):\n    for i in range(n): bytes(room)\n"
        trace = run(f"room = 300 - {b''.__sizeof__()}\n{work}work(400_000)\n", "events=alloc:mode=ring:limit=2M")
        self.assertGreater(trace.overwritten, 100_000)
        self.check_one_function(trace)


if __name__ == "__main__":
    unittest.main()
