"""Every birth and every death of an object, against a census of the heap and against what is known."""

import collections
import os
import subprocess
import sys
import time
import unittest

import census
import traces

gil_only = unittest.skipIf(traces.FREE_THREADED, "cannot run here: the census reads pymalloc's pools")

LIVING = """
import sys, gc, functools, collections

class WithDict:
    def __init__(self, n):
        self.n = n
class Slots:
    __slots__ = ("a", "b")
class Bare:
    __slots__ = ()
class Number(int):
    pass
class Text(str):
    pass

def generate(n):
    for i in range(n):
        yield float(i) * 1.5

def deep(n):
    x = []
    for i in range(n):
        x = [x, (x,)] if i % 2 else {"k": x}
    return x

class Phoenix:
    kept = []
    def __del__(self):
        Phoenix.kept.append(self)

def churn():
    out = []
    total = 0.0
    big = 1 << 40
    for i in range(3000):
        total = total + i * 0.5
        total *= 1.0000001
        big = big + i
        big = (big * 3) % 1000000007 + 1000
        out.append(total)
        out.append(str(i) + "é" * (i % 7))
        out.append((i, total))
        out.append([i])
        out.append({i: total})
        out.append(WithDict(i))
        s = Slots(); s.a = i; s.b = [s] if i % 50 == 0 else None
        out.append(s)
        out.append(Bare())
        out.append(Number(i + 300))
        out.append(Text(i))
        out.append(b"x" * (i % 40) + b"y")
        out.append(slice(i, i + 1))
        g = generate(i % 5)
        next(g, None)
        out.append(g)
        if i % 3:
            del out[-(i % 30) - 1:-1:2]
    text = ""
    for i in range(200):
        text += chr(97 + i % 26)
    parts = tuple(x for x in range(2000) if x % 3)
    line = b"".join(bytes([i]) for i in range(100))
    tree = deep(20000)
    del tree
    Phoenix(); Phoenix()
    Phoenix.kept.pop()
    gc.collect()
    return out, text, parts, line

kept = churn()
frames = [sys._getframe()]
def keep_frame():
    frames.append(sys._getframe())
keep_frame()
try:
    1 / 0
except ZeroDivisionError as error:
    failure = error
counter = collections.Counter("abracadabra")
partial = functools.partial(print, 1)
"""

STAND = """
import os
os.read(0, 1)
"""


WATCHER = """
import ctypes
api = ctypes.pythonapi
keep, at = [], []
def told(event, d, key, value):
    if event == 5 and keep:                    # PyDict_EVENT_DEALLOCATED
        keep.clear()
        at.append(d)
        api.Py_IncRef(ctypes.c_void_p(d))
    return 0
told = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, *[ctypes.c_void_p] * 3)(told)
watcher = api.PyDict_AddWatcher(told)
"""


def live(trace):
    """{address: (type id, size)} of what was born and has not died; and what does not add up."""
    alive, wrong, last = {}, [], {}
    for events in trace.threads.values():
        for event in events:
            if not event.name.startswith("obj."):
                continue
            address = event.fields["address"]
            if event.name == "obj.destroy":
                last[address] = alive.pop(address, None)
                if last[address] is None:
                    wrong.append(("died unborn", trace.type(event)))
            else:
                if address in alive:
                    wrong.append(("born alive", trace.type(event)))
                revived = event.name == "obj.revive"       # in the block that it was given at birth
                alive[address] = last[address] if revived else (event.fields["type"], event.fields["size"])
    return alive, wrong


class Standing:
    """A traced program that stands still, at its own wish."""

    def __init__(self, program, options):
        self.process = subprocess.Popen(
            [sys.executable, "-X", "glassbox=t.gbx:limit=2G:events=" + options, "-c", program + STAND],
            stdin=subprocess.PIPE)
        while not self.stands():
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended with status {self.process.returncode}")
            time.sleep(0.01)
        self.trace = traces.Trace("t.gbx")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        os.remove("t.gbx")

    def stands(self):
        """Is it within read(0, ..., 1)?  A line that it prints before would not do: it still makes objects
        after that."""
        with open(f"/proc/{self.process.pid}/syscall") as file:
            words = file.read().split()
        return len(words) > 3 and (words[1], words[3]) == ("0x0", "0x1")

    def arenas(self):
        alive = set()
        for event in self.trace.named("alloc.arena_new", "alloc.arena_free"):
            (alive.add if event.name.endswith("new") else alive.remove)(event.fields["address"])
        return sorted(alive)

    def plain_memory(self):
        """Addresses of the blocks that were asked for in domain mem: no objects are in these."""
        plain = set()
        for event in self.trace.named("alloc.block_alloc", "alloc.block_free"):
            plain.discard(event.fields["address"])
            if event.name.endswith("alloc") and self.trace.label(event, "domain") == "mem":
                plain.add(event.fields["address"])
        return plain


@gil_only
class Census(unittest.TestCase):
    """Over a whole run, births minus deaths are the objects that lie in the heap."""

    @classmethod
    def setUpClass(cls):
        with Standing(LIVING, "obj+alloc") as program:
            cls.trace = program.trace
            cls.alive, cls.wrong = live(program.trace)
            cls.found, cls.used = census.objects(program.process.pid, program.arenas(),
                                                 program.trace.type_info, program.plain_memory())
            arenas = program.arenas()
        cls.pooled = {address: entry for address, entry in cls.alive.items()
                      if any(arena <= address < arena + census.ARENA for arena in arenas)}

    def names(self, addresses, entries):
        return collections.Counter(self.trace.types[entries[a][0]] for a in addresses)

    def test_nothing_was_lost(self):
        self.assertEqual((self.trace.lost, self.trace.lost_unattached), (0, 0))

    def test_births_and_deaths_alternate_at_every_address(self):
        self.assertEqual(collections.Counter(self.wrong), {})

    def test_what_was_born_and_did_not_die_lies_in_the_heap(self):
        missing = set(self.pooled) - set(self.found)
        self.assertEqual(self.names(missing, self.pooled), {})

    def test_what_lies_in_the_heap_was_born_and_did_not_die(self):
        unborn = set(self.found) - set(self.pooled)
        self.assertEqual(self.names(unborn, self.found), {})

    def test_the_counts_of_each_type_are_equal(self):
        mine = self.names(self.pooled, self.pooled)
        theirs = self.names(self.found, self.found)
        for name in ("list", "tuple", "str", "int", "float", "dict", "frame", "generator", "WithDict",
                     "Slots", "Bare", "Number", "Text", "Phoenix", "bytes", "slice", "function", "code"):
            with self.subTest(type=name):
                self.assertGreater(mine[name], 0)
                self.assertEqual(mine[name], theirs[name])

    def test_sizes_are_those_of_the_blocks(self):
        """A block is the object, what lies before it, and less than 16 bytes more; a string, bytes or
        tuple that shrank in place may have more."""
        for address, (ident, size) in self.pooled.items():
            type_ = self.trace.type_info[ident]
            full = -(-(size + census.pre_header(type_)) // 16) * 16
            block = self.found[address][1]
            with self.subTest(type=type_.name, size=size, block=block):
                if type_.name in ("str", "bytes", "tuple"):
                    self.assertLessEqual(full, block)
                    self.assertGreaterEqual(full * 4, block * 3 - 64)
                elif type_.name == "int":              # one digit is given the room of a whole struct
                    self.assertIn(block - full, (0, 16))
                else:
                    self.assertEqual(full, block)


COUNT = """
import glassbox
kinds = {"list": list, "function": type(churn), "generator": type(generate(1)), "WithDict": WithDict,
         "Slots": Slots, "Phoenix": Phoenix}
gc.collect()
found = gc.get_objects()
for name, kind in kinds.items():
    number = 0
    for o in found:
        number += type(o) is kind
    glassbox.mark(name, number)
"""

SHARE = """
import threading
shared = [[], {}, []]
def share(n):
    mine = []
    for i in range(2000):
        o = WithDict(i)
        shared[0].append(o)
        shared[1][n, i % 50] = [o]
        if i % 3 == 0:
            try:
                mine.append(shared[0].pop())
            except IndexError:
                pass
    shared[2].extend(mine[::2])
threads = [threading.Thread(target=share, args=(n,)) for n in range(8)]
for t in threads: t.start()
for t in threads: t.join()
del threads, t
"""


class Counted(unittest.TestCase):
    """Births and revivals minus deaths, by type, against what gc.get_objects() lists: on both builds, also
    where several threads bear and bury."""

    def counts(self, program, threads, unlisted=()):
        trace, _ = traces.run(program, options="limit=2G:events=obj+mark")
        self.assertEqual((trace.lost, trace.lost_unattached), (0, 0))
        marks = {trace.text(mark): mark.fields["value"] for mark in trace.named("mark.mark")}
        self.assertGreater(len(marks), 5)
        for name, number in marks.items() - {(name, marks[name]) for name in unlisted}:
            alive = 0
            for events in trace.threads.values():
                for event in events:
                    if event.name == "mark.mark" and trace.text(event) == name:
                        break
                    if event.name.startswith("obj.") and trace.type(event) == name:
                        alive += -1 if event.name == "obj.destroy" else 1
            with self.subTest(type=name):
                self.assertGreater(number, 0)
                self.assertEqual(alive, number + (name == "list"))     # the list of the found ones
        self.assertGreater(len(trace.threads), threads)

    def test_one_thread(self):
        self.counts(LIVING + COUNT, 0)

    def test_eight_threads_that_share_objects(self):
        """Without the GIL the first thread makes functions immortal, and the collector forgets them."""
        self.counts(LIVING + SHARE + COUNT, 8,
                    ["function"] if traces.FREE_THREADED else [])


HEAD = 32 if traces.FREE_THREADED else 16          # of every object: counts, type, and so on


class Paths(unittest.TestCase):
    """Each path of birth and of death by itself."""

    def lives(self, body, setup="", kind=None, options="obj+mark"):
        """The events of objects of one type between two marks, in order: `c`reate, `d`estroy, r`e`vive."""
        program = (f"import glassbox, sys, gc\n{setup}\ndef work():\n"
                   + "".join(f"    {line}\n" for line in body.splitlines())
                   + "for _ in range(40): work()\nglassbox.mark('begin')\nwork()\nglassbox.mark('end')\n")
        trace, _ = traces.run(program, options=f"events={options}")
        events = [event for event in trace.between_marks("begin", "end")
                  if event.name.startswith("obj.")]
        for end in (0, -1):                    # the tuples of mark()'s own arguments
            if events and trace.type(events[end]) == "tuple":
                del events[end]
        return [event for event in events if kind is None or trace.type(event) == kind], trace

    def verbs(self, events):
        letters = {"obj.create": "c", "obj.destroy": "d", "obj.revive": "e"}
        return "".join(letters[event.name] for event in events)

    def balance(self, events):
        return sum(-1 if event.name == "obj.destroy" else 1 for event in events)

    def test_a_float_that_dies_in_specialized_arithmetic(self):
        events, _ = self.lives("a = x * 2.0\nb = a + y\nc = a - b\ndel a, b, c", "x, y = 1.5, 2.5", "float")
        self.assertEqual(self.verbs(events), "cccddd")

    @traces.specializing
    def test_a_float_whose_memory_the_result_takes_is_the_same_object(self):
        """`x * y` is born; the sum is written over it, and over the sum the next: one birth, one death."""
        events, _ = self.lives("z = x * y + x - y", "x, y = 1.5, 2.5", "float")
        self.assertEqual(self.verbs(events), "cd")

    def test_ints_that_die_in_specialized_arithmetic(self):
        events, _ = self.lives("a = x + y\nb = a * y - x\nc = b == a", "x, y = 10**6, 10**5", "int")
        self.assertEqual(self.balance(events), 0)
        self.assertEqual(len(events), 6)

    @traces.specializing
    def test_a_string_that_grows_in_place_dies_and_is_born(self):
        events, _ = self.lives("t = a + b\nt += b\ndel t", "a, b = 'x' * 20, 'y' * 30", "str")
        self.assertEqual(self.verbs(events), "cdcd")
        births = [event.fields["size"] for event in events if event.name == "obj.create"]
        self.assertEqual(births, [("x" * 50).__sizeof__(), ("x" * 80).__sizeof__()])

    def test_bytes_that_are_cut(self):
        events, trace = self.lives("f.seek(0)\nf.read(100)", "import io, tempfile\n"
                                   "f = tempfile.TemporaryFile(buffering=0)\nf.write(b'x' * 60)", "bytes")
        self.assertEqual(self.verbs(events), "cdcd")
        births = [event.fields["size"] for event in events if event.name == "obj.create"]
        self.assertEqual(births, [b"".__sizeof__() + 100, b"".__sizeof__() + 60])

    def test_a_tuple_that_is_cut(self):
        events, _ = self.lives("t = tuple(x for x in r if x % 2)\ndel t", "r = range(301)", "tuple")
        self.assertEqual(self.balance(events), 0)
        births = [event.fields["size"] for event in events if event.name == "obj.create"]
        self.assertIn((1,).__sizeof__() + 149 * 8, births)
        self.assertGreater(len(births), 2)

    def test_objects_from_free_lists_are_born_anew(self):
        events, trace = self.lives("a = []\nb = ()\nc = {}\nd = (1, x)\ndel a, b, c, d", "x = 5")
        kinds = [(trace.type(event), event.name[4:]) for event in events]
        for kind in ("list", "dict", "tuple"):
            self.assertEqual([verb for name, verb in kinds if name == kind], ["create", "destroy"])
        self.assertEqual(len({event.fields["address"] for event in events}), 3)

    def test_the_trashcan_loses_none(self):
        events, _ = self.lives("x = []\nfor i in range(9000): x = [x]\ndel x", "", "list")
        self.assertEqual(self.verbs(events), "c" * 9001 + "d" * 9001)

    def test_a_resurrected_object_dies_twice(self):
        setup = ("class Phoenix:\n    def __del__(self):\n        global kept\n        kept = self\n"
                 "kept = None\n")
        events, _ = self.lives("global kept\nPhoenix()\nkept = None", setup, "Phoenix")
        self.assertEqual(self.verbs(events), "cded")

    def test_what_the_collector_resurrects_does_not_die(self):
        setup = ("class Node:\n    def __del__(self):\n        kept.append(self)\nkept = []\n")
        body = "n = Node()\nn.me = n\ndel n\ngc.collect()\nkept.clear()\ngc.collect()"
        events, _ = self.lives(body, setup, "Node")
        self.assertEqual(self.verbs(events), "cd")

    def test_a_dict_that_a_watcher_keeps(self):
        body = ("d = {1: 2}\napi.PyDict_Watch(watcher, ctypes.py_object(d))\nkeep.append(1)\ndel d\n"
                "api.Py_DecRef(ctypes.c_void_p(at.pop()))")
        events, _ = self.lives(body, WATCHER, "dict")
        (revived,) = [event for event in events if event.name == "obj.revive"]
        same = [event for event in events if event.fields["address"] == revived.fields["address"]]
        self.assertEqual(self.verbs(same), "cded")

    def test_a_function_and_its_code_and_cells(self):
        events, trace = self.lives("n = [1]\ndef inner(): return n\ninner()\ndel inner, n")
        count = collections.Counter((trace.type(event), event.name[4:]) for event in events)
        for kind, number in (("function", 1), ("cell", 1), ("list", 1), ("tuple", 1)):
            self.assertEqual((count[kind, "create"], count[kind, "destroy"]), (number, number), kind)

    def test_generators_and_frames(self):
        setup = "def gen():\n    yield 1\n    yield 2\n"
        events, _ = self.lives("g = gen()\nnext(g)\ng.gi_frame\ndel g", setup)
        self.assertEqual(self.balance(events), 0)
        events, _ = self.lives("g = gen()\nnext(g)\ng.gi_frame\ndel g", setup, "generator")
        self.assertEqual(self.verbs(events), "cd")
        events, _ = self.lives("g = gen()\nnext(g)\ng.gi_frame\ndel g", setup, "frame")
        self.assertEqual(self.verbs(events), "cd")

    def test_sizes_at_birth(self):
        setup = ("class D:\n    def __init__(self): self.x = 1\n"
                 "class S:\n    __slots__ = ('a', 'b', 'c')\n"
                 "class N(int): pass\n")
        for make, kind, size in (
                ("1.5 * f", "float", HEAD + 8), ("7 * i", "int", HEAD + 12), ("-p", "int", HEAD + 8 + 4 * 11),
                ("'é' * 40 + g", "str", ("é" * 41).__sizeof__()),
                ("'\U0001f600' * 9 + g", "str", ("\U0001f600" * 10).__sizeof__()),
                ("b'12' + b", "bytes", (b"12z").__sizeof__()),
                ("(i, i, i)", "tuple", (1, 2, 3).__sizeof__()),
                ("[i, i]", "list", [].__sizeof__()), ("{}", "dict", None),
                ("S()", "S", HEAD + 3 * 8), ("N(2 ** 70)", "N", HEAD + 8 + 3 * 4)):
            with self.subTest(make=make):
                events, _ = self.lives(f"v = {make}\ndel v",
                                       setup + "f, i, g, b, p = 2.5, 1000, 'g', b'z', 2 ** 300", kind)
                if size is None:
                    self.assertEqual(self.verbs(events), "cd")
                    continue
                self.assertIn(size, [event.fields.get("size") for event in events])

    def test_an_object_with_inline_values_is_as_large_as_both(self):
        setup = "class D:\n    def __init__(self): self.x = self.y = 1\n"
        events, _ = self.lives("D()", setup, "D")
        self.assertEqual(self.verbs(events), "cd")
        self.assertGreater(events[0].fields["size"], 16 + 2 * 8)

    def test_no_event_for_an_immortal(self):
        events, _ = self.lives("a = None\nb = 5\nc = ''\nd = True\ndel a, b, c, d")
        self.assertEqual(self.verbs(events), "")


if __name__ == "__main__":
    unittest.main()
