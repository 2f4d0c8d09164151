"""Arenas, pools, blocks, large blocks and free lists, against what the allocator and tracemalloc say."""

import bisect
import collections
import json
import os
import re
import subprocess
import sys
import unittest

import heap
import traces

GLASSBOX = os.environ.get("GLASSBOX")

gil_only = unittest.skipIf(traces.FREE_THREADED, "cannot run here: pymalloc serves the default build alone")

WORK = """
def work():
    kept = []
    for i in range(4000):
        kept.append({"k": [i, str(i) * (i % 40)], "f": i * 0.5})
        kept.append(bytes(i % 700))
        kept.append(tuple(range(i % 30)))
        if i % 5 == 4:
            del kept[-9:-1:2]
    grown = bytearray()
    for i in range(3000):
        grown += b"0123456789"
    return kept, grown
"""


def run(program, events="alloc+mark", **rest):
    return traces.run("import glassbox, sys\nmark = glassbox.mark\n" + program, options="limit=2G:events="
                      + events, **rest)


def since_asked(trace, name):
    """Blocks that came between the answer of sys.getallocatedblocks() and the mark that has it: the answer,
    and a tuple for mark()'s arguments where none is kept."""
    for events in trace.threads.values():
        for i, event in enumerate(events):
            if event.name == "mark.mark" and trace.text(event) == name:
                before = [e.name for e in events[:i] if e.name.startswith("alloc.")]
                return 1 if before[-1] == "alloc.freelist_hit" else 2
    raise LookupError(name)


def replay_all(trace):
    """What did not add up, and how many sums were compared."""
    return heap.replay(trace).wrong, len(trace.named("alloc.total", "alloc.found"))


def told_and_recorded(setup=""):
    """The same program, once under tracemalloc and once recorded: the bytes that it asked for and kept between
    two points by the one, and the other's trace with a mark at each."""
    program = (setup + "import array, glassbox, sys, tracemalloc\nat = array.array('q', [0] * 3)\n" + WORK +
               "def probe(i): PROBE\nSTART\nprobe(0); probe(0)\nprobe(1)\nx = work()\nprobe(2)\nSAY")

    def filled(probe, start, say):
        return program.replace("PROBE", probe).replace("START", start).replace("SAY", say)
    told = subprocess.run(
        [sys.executable, "-c", filled("at[i] = tracemalloc.get_traced_memory()[0]",
                                      "tracemalloc.start()", "print(at[2] - at[1])")],
        env=dict(os.environ, PYTHONHASHSEED="0"), capture_output=True, text=True, check=True).stdout
    trace, _ = traces.run(filled("glassbox.mark(str(i))", "glassbox.mark('start')", ""),
                          options="limit=2G:events=alloc+mark", env={"PYTHONHASHSEED": "0"})
    return int(told), trace


@gil_only
class Sums(unittest.TestCase):
    """At any mark the events add up to what the allocator says of itself."""

    def test_the_allocators_own_sums(self):
        trace, _ = run(WORK + "mark('a')\nx = work()\nmark('b')\ndel x\nmark('c')\n")
        self.assertEqual(replay_all(trace), ([], 3))

    def test_sys_getallocatedblocks(self):
        trace, _ = run(WORK + "ask = sys.getallocatedblocks\nmark('a', ask())\nx = work()\n"
                       "mark('b', ask())\ndel x\nmark('c', ask())")
        for mark in trace.named("mark.mark"):
            state = heap.replay(trace, trace.text(mark))
            with self.subTest(mark=trace.text(mark)):
                self.assertEqual(state.blocks + state.large_blocks,
                                 mark.fields["value"] + since_asked(trace, trace.text(mark)))

    def test_sys_debugmallocstats(self):
        trace, out = run(WORK + "x = work()\nsay = sys._debugmallocstats\nmark('a')\nsay()\nmark('b')\n")
        before, after = heap.replay(trace, "a"), heap.replay(trace, "b")
        self.assertEqual(before.used_pools(), after.used_pools())
        table = {int(m[1]): (int(m[2]), int(m[3])) for m in
                 re.finditer(r"^ +(\d+) +\d+ +(\d+) +(\d+) +\d+$", out, re.MULTILINE)}
        mine = collections.defaultdict(lambda: [0, 0])
        for size_class, count in before.used_pools().values():
            mine[size_class][0] += 1
            mine[size_class][1] += count
        self.assertGreater(len(table), 20)
        self.assertEqual(table, {size_class: tuple(entry) for size_class, entry in mine.items()})

        def number(text):
            return int(re.search(rf"^{text} += +([\d,]+)$", out, re.MULTILINE)[1].replace(",", ""))
        self.assertEqual(number("# bytes in allocated blocks"), before.bytes)
        self.assertEqual(number("# arenas allocated current"), len(before.arenas))
        self.assertEqual(number("# arenas allocated total"), len(trace.named("alloc.arena_new")))
        self.free_lists(trace, out, before)

    def free_lists(self, trace, out, state):
        said = {m[2]: int(m[1]) for m in re.finditer(r"^ *(\d+) free (\S+)s \*", out, re.MULTILINE)}
        tuples = sum(int(m[1]) for m in re.finditer(r"^ *(\d+) free \d+-sized PyTupleObjects", out, re.M))
        lists = trace.enums["alloc.freelist_hit", "list"]
        mine = {trace.labels[lists, number]: count for number, count in state.lists.items()}
        for name, kind in (("float", "PyFloatObject"), ("list", "PyListObject"), ("dict", "PyDictObject"),
                           ("dictkeys", "PyDictKeysObject")):
            self.assertEqual(mine[name], said[kind], name)
        self.assertIn(mine["tuple"], (tuples, tuples - 1))     # the tuple of mark()'s arguments

    def test_the_bytes_of_a_span_are_those_of_tracemalloc(self):
        told, trace = told_and_recorded()
        first, last = heap.replay(trace, "1", "start"), heap.replay(trace, "2", "start")
        self.assertEqual(last.live() - first.live(), told)
        self.assertGreater(told, 1_000_000)

    def test_a_recording_that_begins_late_knows_what_was_there(self):
        _, _ = traces.run("import glassbox, sys\n" + WORK + "x = work()\nglassbox.stop()\n"
                          "glassbox.start('late.gbx:limit=2G:events=alloc+mark')\n"
                          "glassbox.mark('a', sys.getallocatedblocks())\n"
                          "y = work()\ndel x\nglassbox.mark('b', sys.getallocatedblocks())\n"
                          "glassbox.stop()", options="events=mark")
        trace = traces.Trace("late.gbx")
        self.assertEqual(len(trace.named("alloc.found")), 1)
        self.assertGreater(len(trace.named("alloc.pool_found")), 100)
        self.assertGreater(len(trace.named("alloc.freelist_found")), 10)
        self.assertEqual(replay_all(trace), ([], 4))
        for mark in trace.named("mark.mark"):
            state = heap.replay(trace, trace.text(mark))
            self.assertEqual(state.blocks + state.large_blocks,
                             mark.fields["value"] + since_asked(trace, trace.text(mark)))

    def test_the_child_of_a_fork_begins_with_what_it_inherited(self):
        run(WORK + "import os\nx = work()\npid = os.fork()\nif pid == 0:\n"
            "    y = work()\n    mark('child', sys.getallocatedblocks())\n    os._exit(0)\n"
            "os.waitpid(pid, 0)\nprint(pid)")
        (name,) = [name for name in os.listdir() if re.fullmatch(r"t\.gbx\.\d+", name)]
        child = traces.Trace(name)
        os.remove(name)
        wrong, sums = replay_all(child)
        self.assertEqual((wrong, sums), ([], 2))

    def test_debug_hooks_ask_pymalloc_for_more(self):
        trace, _ = run(WORK + "mark('a')\nx = work()\nmark('b')", env={"PYTHONMALLOC": "debug"})
        self.assertEqual(replay_all(trace), ([], 2))

    def test_without_pymalloc_there_are_no_pools(self):
        trace, _ = run(WORK + "mark('a')\nx = work()\nmark('b')", env={"PYTHONMALLOC": "malloc"})
        self.assertEqual(replay_all(trace)[0], [])
        self.assertEqual(trace.named("alloc.block_alloc", "alloc.arena_new"), [])
        self.assertGreater(len(trace.named("alloc.large_alloc")), 20_000)

    def test_threads(self):
        """What several threads do to the one allocator adds up too: their records carry the order in which
        they held the lock."""
        trace, _ = run(WORK + "import threading\nsys.setswitchinterval(1e-5)\n"
                       "def many():\n    for _ in range(3): work()\n"
                       "threads = [threading.Thread(target=many) for _ in range(3)]\n"
                       "[t.start() for t in threads]; [t.join() for t in threads]\nmark('end')")
        born = collections.Counter()
        for event in trace.events:
            if event.name in ("alloc.block_alloc", "alloc.block_free"):
                pool = event.fields["address"] // heap.POOL
                born[pool] += 1 if event.name.endswith("alloc") else -1
        (last,) = trace.named("alloc.total")[-1:]
        end = next(e for e in trace.named("mark.mark"))
        self.assertEqual(trace.text(end), "end")
        self.assertGreaterEqual(min(born.values()), 0)
        self.assertGreater(len([t for t in trace.threads.values() if len(t) > 10_000]), 3)


@gil_only
class Paths(unittest.TestCase):
    def events(self, body, setup="", names=(), warm=3):
        trace, _ = run(f"{setup}\ndef work():\n" + "".join(f"    {line}\n" for line in body.splitlines())
                       + f"for _ in range({warm}): work()\nmark('begin')\nwork()\nmark('end')\n")
        return [event for event in trace.between_marks("begin", "end")
                if not names or event.name.removeprefix("alloc.") in names], trace

    def test_pools_fill_and_empty(self):
        events, trace = self.events("kept = [bytes(460) for _ in range(99)]\ndel kept[5]\n"
                                    "kept.append(bytes(460))\nkept.clear()")
        events = [e for e in events if e.fields.get("size_class") == 30]
        verbs = collections.Counter(e.name for e in events)
        self.assertEqual(verbs["alloc.pool_new"], 3)
        self.assertEqual(verbs["alloc.pool_empty"], 3)
        self.assertEqual(verbs["alloc.pool_full"], verbs["alloc.pool_partial"])
        self.assertGreaterEqual(verbs["alloc.pool_full"], 3)
        for event in events:
            self.assertEqual(event.fields["address"] % heap.POOL, 0)

    def test_arenas_come_and_go(self):
        trace, _ = run("def work():\n    kept = [bytes(460) for _ in range(40_000)]\n    mark('full')\n"
                       "work()\nmark('empty')")
        full, empty = heap.replay(trace, "full"), heap.replay(trace, "empty")
        self.assertGreaterEqual(len(full.arenas), 40_000 // (31 * 63))
        self.assertLess(len(empty.arenas), len(full.arenas) - 15)
        for event in trace.named("alloc.arena_new"):
            aligned = event.fields["address"] % heap.POOL == 0
            self.assertEqual(event.fields["pools"], 64 if aligned else 63)

    def test_a_survivor_keeps_its_arena(self):
        trace, _ = run("kept = [bytes(460) for _ in range(40_000)]\nmark('full')\n"
                       "kept = kept[::2000]\nmark('few')\nkept = None\nmark('none')")
        few, none = heap.replay(trace, "few"), heap.replay(trace, "none")
        self.assertGreater(len(few.arenas), len(none.arenas) + 10)

    def test_a_block_says_who_asked(self):
        events, trace = self.events("x = [n + 1000]\ndel x", "n = 5000", ("block_alloc",))
        self.assertEqual({trace.code(event) for event in events}, {"work"})
        self.assertEqual({(trace.label(e, "domain"), e.fields["size"]) for e in events},
                         {("obj", 32), ("mem", 8)})
        lines = {trace.line(event.fields["code"], event.fields["offset"]) for event in events}
        self.assertEqual(len(lines), 1)

    def test_blocks_and_arenas_say_on_which_line(self):
        program = ("from glassbox import mark\ndef work():\n    mark('begin')\n    a = bytes(300)\n"
                   "    b = bytes(3000)\n    c = bytearray(700)\n    c.extend(b)\n"
                   "    d = [bytes(460) for _ in range(9000)]\n    mark('end')\n    del d\nwork()\n")
        trace, _ = traces.run(program, options="limit=2G:events=alloc+mark", env={"PYTHONHASHSEED": "0"})
        begin, end = (trace.events.index(event) for event in trace.named("mark.mark"))
        seen = {}
        for event in trace.events[begin:end]:
            if "offset" in event.fields and trace.codes.get(event.fields["code"]) == "work":
                line = trace.line(event.fields["code"], event.fields["offset"])
                seen.setdefault(event.name, set()).add(line)
        self.assertLessEqual({4, 8}, seen["alloc.block_alloc"])
        self.assertLessEqual({5, 6}, seen["alloc.large_alloc"])
        self.assertIn(7, seen["alloc.large_resize"])
        self.assertEqual(seen["alloc.arena_new"], {8})
        last = trace.named("alloc.arena_free")
        lines = {trace.line(e.fields["code"], e.fields["offset"]) for e in last
                 if trace.codes.get(e.fields["code"]) == "work"}
        self.assertEqual(lines, {10})

    def test_a_block_is_resized_where_it_lies(self):
        setup = ("import tempfile\nf = tempfile.TemporaryFile(buffering=0)\nf.write(b'x' * 95)")
        events, trace = self.events("f.seek(0)\nx = f.read(100)\ndel x", setup,
                                    ("block_alloc", "block_resize", "block_free"))
        (resized,) = [e for e in events if e.name == "alloc.block_resize"]
        self.assertEqual(resized.fields["size"], 33 + 95)
        self.assertIn(resized.fields["address"], [e.fields["address"] for e in events if
                                                  e.name == "alloc.block_alloc" and e.fields["size"] == 133])

    def test_a_block_that_moves_is_a_new_one(self):
        events, trace = self.events("x = []\nfor i in range(20): x.append(None)\ndel x", "",
                                ("block_alloc", "block_resize", "block_free"))
        items = [e for e in events if e.name == "alloc.block_alloc" and trace.label(e, "domain") == "mem"]
        self.assertEqual([e.fields["size"] for e in items], [8 * n for n in (4, 8, 16, 24)])
        freed = [e.fields["address"] for e in events if e.name == "alloc.block_free"]
        for item in items:
            self.assertIn(item.fields["address"], freed)

    def test_large_blocks_of_each_domain(self):
        events, trace = self.events(
            "x = bytes(5000)\ny = bytearray(6000)\ny.extend(bytes(60000))\nz = _thread.RLock()\n"
            "del x, y, z", "import _thread", ("large_alloc", "large_resize", "large_free"))
        seen = [(e.name[12:], trace.label(e, "domain"), e.fields.get("size")) for e in events]
        self.assertIn(("alloc", "obj", 5033), seen)
        self.assertIn(("free", "obj", None), seen)
        self.assertIn("raw", {domain for _, domain, _ in seen})
        alive = {}
        for event in events:
            alive.pop(event.fields.get("old_address", event.fields["address"]), None)
            if not event.name.endswith("free"):
                alive[event.fields["address"]] = event
        self.assertEqual(alive, {})
        self.assertTrue([e for e in events if e.name == "alloc.large_resize"])

    def test_what_tracemalloc_does_for_itself_is_raw(self):
        """It stands between pymalloc and malloc(), and frees its own notes while a large block is resized."""
        trace, _ = run("import tracemalloc\ntracemalloc.start(5)\nx = bytearray(2000)\nmark('a')\n"
                       "for n in range(3000, 90000, 1000): x.extend(bytes(1000))\ndel x\nmark('b')")
        domains = {}
        for event in trace.named("alloc.large_alloc", "alloc.large_resize", "alloc.large_free"):
            domains.pop(event.fields.get("old_address"), None)
            domain, at = trace.label(event, "domain"), event.fields["address"]
            if event.name.endswith("free"):
                self.assertEqual(domain, domains.pop(at, domain))
            else:
                domains[at] = domain
        self.assertEqual(replay_all(trace)[0], [])

    def test_a_block_ends_in_a_pool_at_512(self):
        events, trace = self.events("x = bytes(512 - 33)\ny = bytes(513 - 33)\ndel x, y", "",
                                    ("block_alloc", "large_alloc"))
        self.assertEqual([(e.name, e.fields["size"]) for e in events],
                         [("alloc.block_alloc", 512), ("alloc.large_alloc", 513)])

    FREE_LISTS = {
        "float": ("x = f * 2.0\ndel x", "f = 1.5"),
        "tuple": ("x = (f, 1)\ndel x", "f = 1.5"),
        "list": ("x = []\ndel x", ""),
        "dict": ("x = {}\ndel x", ""),
        "dictkeys": ("x = {}\nx['a'] = 1\ndel x", ""),
        "slice": ("x = slice(f, 2)\ndel x", "f = 1.5"),
        "context": ("x = contextvars.Context()\ndel x", "import contextvars"),
        "async_gen": ("go()", "async def gen():\n    yield 1\n    yield 2\n"
                      "async def use():\n    async for _ in gen(): pass\n"
                      "def go():\n    try:\n        use().send(None)\n    except StopIteration:\n        pass"),
        "async_gen_asend": ("go()", None),
        "memory_error": ("x = MemoryError()\ndel x", ""),
    }

    def test_free_lists_give_and_take(self):
        for name, (body, setup) in self.FREE_LISTS.items():
            setup = self.FREE_LISTS["async_gen"][1] if setup is None else setup
            with self.subTest(list=name):
                events, trace = self.events(body, setup, ("freelist_hit", "freelist_put"))
                mine = [(e.name[15:], e.fields["address"]) for e in events if trace.label(e, "list") == name]
                self.assertIn("hit", [verb for verb, _ in mine])
                hits = {at for verb, at in mine if verb == "hit"}
                puts = {at for verb, at in mine if verb == "put"}
                self.assertTrue(hits & puts)

    def test_a_full_collection_drops_what_they_hold(self):
        events, trace = self.events(
            "x = [[f * i, (f, i), {'a': f}, contextvars.Context()] for i in range(9)]\ndel x\ngc.collect()",
            "import gc, contextvars\nf = 1.5", ("freelist_drop", "block_free", "large_free"))
        dropped = collections.Counter(trace.label(e, "list") for e in events if "drop" in e.name)
        for name in ("float", "tuple", "list", "dict", "dictkeys", "context"):
            self.assertGreaterEqual(dropped[name], 9, name)

    def test_an_interpreter_with_an_allocator_of_its_own(self):
        trace, _ = run("import _interpreters\nmark('a')\ni = _interpreters.create('isolated')\n"
                       "_interpreters.exec(i, 'x = [str(n) for n in range(20000)]')\n"
                       "_interpreters.destroy(i)\nmark('b')")
        owners = collections.Counter((e.name[6:], e.fields["owner"]) for e in
                                     trace.named("alloc.arena_new", "alloc.arena_free"))
        self.assertGreater(owners["arena_new", 1], 1)
        self.assertGreater(owners["arena_new", 0], 0)


def last_mark(events):
    return [event for event in events if event.name == "mark.mark"][-1]


class Blocks:
    """Without the GIL: blocks by address, in whatever order the threads' events come."""

    def __init__(self, trace, until=None):
        self.count, self.size, self.place = collections.Counter(), {}, {}
        self.pages = {}                        # address -> (heap, block size, bytes)
        for events in trace.threads.values():
            for event in events:
                if event.name == "mark.mark" and trace.text(event) == until:
                    break
                self.apply(event)

    def apply(self, event):
        f, verb = event.fields, event.name.removeprefix("alloc.")
        if verb in ("block_alloc", "large_alloc") and f["domain"] != 0:
            self.count[f["address"]] += 1
            self.size[f["address"]] = f["size"]
        elif verb == "block_resize":
            self.size[f["address"]] = f["size"]
        elif verb == "block_free":
            self.count[f["address"]] -= 1
        elif verb == "block_found":
            self.count[f["address"]] += 1
            self.size[f["address"]] = f["size"]
        elif verb in ("page_new", "page_found"):
            self.pages[f["address"]] = f["heap"], f["block_size"], f["blocks"] * f["block_size"]
        elif verb == "page_free":
            self.pages.pop(f["address"], None)

    def live(self):
        return {address: self.size[address] for address, count in self.count.items() if count > 0}


@unittest.skipUnless(traces.FREE_THREADED, "cannot run here: mimalloc serves the free-threaded build alone")
class FreeThreaded(unittest.TestCase):
    def test_sys_getallocatedblocks(self):
        trace, _ = run(WORK + "ask = sys.getallocatedblocks\nmark('a', ask())\nx = work()\n"
                       "mark('b', ask())\ndel x\nmark('c', ask())")
        for mark in trace.named("mark.mark"):
            with self.subTest(mark=trace.text(mark)):
                blocks = Blocks(trace, trace.text(mark))
                self.assertEqual(len(blocks.live()),
                                 mark.fields["value"] + since_asked(trace, trace.text(mark)))
                self.assertLessEqual(set(blocks.count.values()), {0, 1})

    def test_the_bytes_of_a_span_are_those_of_tracemalloc(self):
        """Without collections: with them the two runs do not keep the same."""
        told, trace = told_and_recorded("import gc\ngc.disable()\n")
        first, last = (sum(Blocks(trace, mark).live().values()) for mark in "12")
        self.assertEqual(last - first, told)
        self.assertGreater(told, 1_000_000)

    def test_every_block_lies_in_a_page_of_its_size(self):
        trace, _ = run(WORK + "x = work()\nmark('a')")
        blocks = Blocks(trace, "a")
        pages = sorted(blocks.pages)
        self.assertGreater(len(pages), 50)
        self.assertGreater(len(trace.named("alloc.page_free")), 0)
        for address, size in blocks.live().items():
            page = pages[bisect.bisect_right(pages, address) - 1]
            _, block_size, length = blocks.pages[page]
            self.assertLess(address, page + length)
            if size <= 1 << 17:
                self.assertLessEqual(size, block_size)
                self.assertEqual((address - page) % block_size, 0)
        heaps = {trace.label(event, "heap") for event in trace.named("alloc.page_new")}
        self.assertEqual(heaps, {"mem", "object", "gc", "gc_pre"})

    def test_what_a_thread_leaves_behind_is_reclaimed(self):
        trace, _ = run(WORK + "import threading\nkept = []\n"
                       "def leave(): kept.append(work())\n"
                       "for _ in range(3):\n"
                       "    t = threading.Thread(target=leave); t.start(); t.join()\n"
                       "more = work()\nmark('end')")
        left = [event.fields["address"] for event in trace.named("alloc.page_abandon")]
        taken = [event.fields["address"] for event in trace.named("alloc.page_reclaim")]
        self.assertTrue(left)
        self.assertTrue(taken)
        self.assertLessEqual(set(taken), set(left))

    def test_the_segments_it_leaves_change_hands(self):
        """A page has the hands of its segment: 32 MiB, aligned."""
        trace, _ = run(WORK + "import threading\nkept = []\n"
                       "def leave(): kept.append(work())\n"
                       "for _ in range(3):\n"
                       "    t = threading.Thread(target=leave); t.start(); t.join()\n"
                       "more = work()\nmark('end')")

        def segments(name):
            return {event.fields["address"] for event in trace.named("alloc." + name)}
        left, taken = segments("segment_abandon"), segments("segment_reclaim")
        self.assertTrue(taken)
        self.assertLessEqual(taken, left)
        self.assertLessEqual(left, segments("segment_new"))
        self.assertLessEqual({page >> 25 << 25 for page in segments("page_reclaim")}, taken)

    def test_the_allocators_own_sums(self):
        """At each mark the world stands still, and the blocks of all threads are counted."""
        trace, _ = run(WORK + "import threading\nkept = []\n"
                       "def leave():\n for _ in range(5): kept.append(work())\n"
                       "threads = [threading.Thread(target=leave) for _ in range(3)]\n"
                       "for t in threads: t.start()\n"
                       "for i in range(10): mark('m')\n"
                       "for t in threads: t.join()\n"
                       "mark('a')\ndel kept[::2]\nmark('b')\nx = work()\nmark('c')", path="sums.gbx")
        self.assertEqual(len(trace.named("alloc.total")), 13)
        for name in "abc":
            (total,) = [e for events in trace.threads.values() for i, e in enumerate(events)
                        if e.name == "alloc.total" and trace.text(last_mark(events[:i])) == name]
            blocks = Blocks(trace, name)
            self.assertEqual(len(blocks.live()), total.fields["blocks"] - total.fields["waiting"])
            self.assertGreater(total.fields["bytes"], sum(blocks.live().values()) * 3 // 4)
        if GLASSBOX is not None:           # and the reader, which orders all threads, at every mark
            done = subprocess.run([GLASSBOX, "stat", "--json", "sums.gbx"], stdout=subprocess.PIPE, text=True)
            (rule,) = [rule for rule in json.loads(done.stdout)["invariants"] if rule["key"] == "heap"]
            self.assertEqual((rule["checked"], rule["violations"]), (13, 0))

    def test_a_recording_that_begins_late_knows_what_was_there(self):
        traces.run("import glassbox, sys, threading\n" + WORK + "kept = []\n"
                   "def leave(): kept.append(work())\n"
                   "t = threading.Thread(target=leave); t.start(); t.join()\nx = work()\nglassbox.stop()\n"
                   "ask = sys.getallocatedblocks\n"
                   "glassbox.start('late.gbx', limit='2G', events='alloc+mark')\n"
                   "glassbox.mark('a', ask())\n"
                   "y = work()\ndel x, kept\nglassbox.mark('b', ask())\n"
                   "glassbox.stop()", options="events=mark")
        trace = traces.Trace("late.gbx")
        (found,) = trace.named("alloc.found")
        self.assertEqual(len(trace.named("alloc.block_found")), found.fields["blocks"] - found.fields["waiting"])
        self.assertGreater(len(trace.named("alloc.page_found")), 100)
        self.assertGreater(len(trace.named("alloc.segment_found")), 0)
        self.assertGreater(len(trace.named("alloc.freelist_found")), 10)
        for mark in trace.named("mark.mark"):
            blocks = Blocks(trace, trace.text(mark))
            self.assertEqual(set(blocks.count.values()) - {0, 1}, set())
            self.assertEqual(len(blocks.live()), mark.fields["value"] + since_asked(trace, trace.text(mark)))

    def test_the_child_of_a_fork_begins_with_what_it_inherited(self):
        run(WORK + "import os\nx = work()\npid = os.fork()\nif pid == 0:\n"
            "    del x\n    mark('child')\n    os._exit(0)\nos.waitpid(pid, 0)\n")
        (name,) = [name for name in os.listdir() if re.fullmatch(r"t\.gbx\.\d+", name)]
        child = traces.Trace(name)
        os.remove(name)
        (total,) = child.named("alloc.total")
        self.assertEqual(len(Blocks(child, "child").live()), total.fields["blocks"] - total.fields["waiting"])

    def test_a_huge_block_has_a_segment_of_its_own(self):
        """Its thread gives the segment back when it next looks."""
        trace, _ = run("import threading\nmark('a')\nx = bytes(100_000_000)\nmark('b')\ndel x\n"
                       "t = threading.Thread(target=list); t.start(); t.join()\n"
                       "y = [bytes(100_000_000) for _ in range(3)]")
        huge = [event.name[6:] for event in trace.between_marks("a", "b")
                if event.fields.get("size", 0) > 100_000_000]
        self.assertEqual(huge, ["segment_new", "large_alloc"])
        freed = [event for event in trace.named("alloc.segment_free") if event.fields["size"] > 100_000_000]
        self.assertTrue(freed)

    def test_a_free_that_waits_for_readers(self):
        """Another thread has read the list: its old items may still be looked at."""
        trace, _ = run("import threading\nshared = [1] * 100\n"
                       "t = threading.Thread(target=lambda: [shared[i] for i in range(100)])\n"
                       "t.start(); t.join()\nmark('a')\n"
                       "for i in range(2000): shared.append(i)\nmark('b')\n")
        events = trace.between_marks("a", "b")
        put_off = [event for event in events if event.name == "alloc.free_delayed"]
        self.assertTrue(put_off)
        everything = [event for events in trace.threads.values() for event in events]
        done = {event.fields["address"] for event in everything if event.name == "alloc.free_processed"}
        for event in put_off:
            self.assertEqual(trace.label(event, "domain"), "mem")
            self.assertIn(event.fields["address"], done)

    def test_the_collector_takes_its_stacks_from_a_free_list(self):
        trace, _ = run("import gc\nclass Node: pass\n"
                       "def ring():\n    n = Node(); n.me = n\n"
                       "for _ in range(3): ring(); gc.collect()\n"
                       "mark('a')\nring(); gc.collect()\nmark('b')")
        verbs = {event.name[15:] for event in trace.between_marks("a", "b")
                 if "freelist_" in event.name and trace.label(event, "list") == "object_stack"}
        self.assertEqual(verbs, {"hit", "put"})


if __name__ == "__main__":
    unittest.main()
