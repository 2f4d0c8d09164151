"""`glassbox life` and `glassbox heap`: what they tell is what the records say, and what the program knows."""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import traces

GLASSBOX = os.environ["GLASSBOX"]
LIFE = """\
import gc, sys
from glassbox import mark, watch
class Node: pass
def counts(it):
    mark("count", sys.getrefcount(it))
    other = it
    mark("count", sys.getrefcount(it))
    del other
    mark("count", sys.getrefcount(it))
gc.disable()
for _ in range(40): Node().it = None
node = Node()
watch(node, "node")
counts(node)
node.it = node
del node
gc.collect()
forever = Node()
watch(forever, "forever")
"""
HEAP = """\
import sys
from glassbox import mark
def work(): return [bytes(200) for _ in range(20_000)]
kept = work()
mark("blocks", sys.getallocatedblocks())
mark("part", "first")
del kept
mark("part", "second")
"""


def command(*arguments, status=0):
    done = subprocess.run([GLASSBOX, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr + done.stdout
    return done.stdout if status == 0 else done.stderr


class Lives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trace, _ = traces.run(LIFE, path="life.gbx", options="events=ref+gc+obj+alloc+mark")
        cls.life = json.loads(command("life", "--json", "life.gbx", "node"))["lives"][0]

    def moments(self, *names):
        return [moment for moment in self.life["moments"] if moment["event"] in names]

    def test_it_has_every_record_of_the_object(self):
        ids = {ident for ident, name in self.trace.watches.items() if name == "node"}
        records = [event for event in self.trace.events
                   if event.name.startswith("ref.") and event.fields.get("watch") in ids]
        told = [moment for moment in self.life["moments"] if moment["event"].startswith("ref.")]
        self.assertEqual(sorted(moment["event"] for moment in told), sorted(event.name for event in records))
        self.assertFalse(self.moments("unobserved"))

    def test_it_begins_and_ends_with_its_memory(self):
        names = [moment["event"] for moment in self.life["moments"]]
        self.assertEqual(names[:3], ["alloc.block_alloc", "obj.create", "mark.watch"])
        self.assertEqual(names[-1], "alloc.block_free")
        self.assertTrue(self.life["ended"])
        self.assertEqual(self.moments("alloc.block_alloc")[0]["address"],
                         self.moments("alloc.block_free")[0]["address"])

    def test_lines_are_those_of_the_program(self):
        lines = LIFE.splitlines()
        self.assertEqual(lines[self.moments("alloc.block_alloc")[0]["line"] - 1], "node = Node()")
        self.assertEqual(lines[self.moments("ref.dealloc")[0]["line"] - 1], "gc.collect()")

    def test_what_the_eval_loop_did_is_a_line_that_people_wrote(self):
        files = {moment.get("c_file") for moment in self.life["moments"]}
        if files == {None}:
            self.skipTest("cannot run here: the interpreter has no debug information")
        self.assertIn("Python/bytecodes.c", files)
        self.assertNotIn("Python/generated_cases.c.h", files)

    def test_counts_are_those_that_the_program_sees(self):
        said = [event.fields["value"] for event in self.trace.named("mark.mark")]
        self.assertEqual(said[1], said[0] + 1)
        self.assertEqual(said[2], said[0])
        told = {moment["count"] for moment in self.moments("ref.inc", "ref.dec")}
        self.assertLessEqual(set(said), told)          # getrefcount() is handed a reference, and counts it

    def test_the_collector_s_verdicts(self):
        verdicts = [moment["verdict"] for moment in self.moments("gc.verdict")]
        self.assertEqual(verdicts, ["unreachable", "cleared"])

    @unittest.skipIf(traces.FREE_THREADED, "cannot run here: the free-threaded build has no pools")
    def test_the_pool_has_one_block_less_in_the_end(self):
        taken, freed = self.moments("alloc.block_alloc")[0], self.moments("alloc.block_free")[0]
        self.assertEqual(taken["pool"], taken["address"] & ~16383)
        self.assertEqual(taken["pool"], freed["pool"])
        self.assertEqual(taken["pool_capacity"], (16384 - 48) // taken["pool_block_size"])
        self.assertGreaterEqual(taken["pool_block_size"], taken["size"])
        self.assertTrue(0 < taken["pool_in_use"] <= taken["pool_capacity"])
        self.assertTrue(0 <= freed["pool_in_use"] < freed["pool_capacity"])

    def test_in_words_it_is_eighty_columns_wide(self):
        text = command("life", "life.gbx", "node")
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        self.assertIn("cleared", text)
        self.assertEqual("owner's half" in text, traces.FREE_THREADED)

    def test_one_that_lives_on_until_the_end_dies_there(self):
        life = json.loads(command("life", "--json", "life.gbx", "forever"))["lives"][0]
        self.assertTrue(life["ended"])

    def test_names_that_nobody_has(self):
        self.assertRegex(command("life", "life.gbx", "nobody", status=2),
                         r"nothing is watched as 'nobody' \(there is: node, forever\)")


class Heaps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.trace, _ = traces.run(HEAP, path="heap.gbx", options="events=alloc+mark+frame")
        cls.heap = json.loads(command("heap", "--json", "--at", "blocks", "heap.gbx"))

    def blocks(self):
        return sum(entry["blocks"] for entry in self.heap["classes"]) + self.heap["sums"]["large_blocks"]

    def test_it_holds_what_the_program_counts(self):
        said = next(event.fields["value"] for event in self.trace.named("mark.mark"))
        self.assertLessEqual(abs(self.blocks() - said), 2)     # the number itself, and what it came in

    @unittest.skipIf(traces.FREE_THREADED, "cannot run here: the free-threaded build has no pools")
    def test_it_holds_what_the_allocator_says(self):
        total = self.trace.named("alloc.total")[0].fields
        self.assertEqual(self.heap["sums"]["pooled_bytes"], total["bytes"])
        self.assertEqual(len(self.heap["arenas"]), total["arenas"])
        self.assertEqual(sum(pool is not None for arena in self.heap["arenas"] for pool in arena["pools"]),
                         total["pools"])
        self.assertEqual(sum(pool["blocks"] for arena in self.heap["arenas"] for pool in arena["pools"] if pool),
                         total["blocks"])

    @unittest.skipIf(traces.FREE_THREADED, "cannot run here: the free-threaded build has no arenas")
    def test_the_shares_of_the_arenas_add_up(self):
        shares = self.heap["fragmentation"]
        parts = ("used_bytes", "free_in_used_pools", "unused_pools", "overhead")
        self.assertEqual(sum(shares[part] for part in parts), shares["arena_bytes"])
        self.assertAlmostEqual(shares["percent_in_use"], 100 * shares["used_bytes"] / shares["arena_bytes"])

    def test_dropping_all_leaves_the_heap_emptier(self):
        second = json.loads(command("heap", "--json", "--at", "part=second", "heap.gbx"))
        self.assertLess(second["sums"]["pooled_bytes"] + second["sums"]["large_bytes"],
                        self.heap["sums"]["pooled_bytes"] + self.heap["sums"]["large_bytes"] - 20_000 * 200)

    def test_time_goes_from_the_first_to_the_last(self):
        line = self.heap["timeline"]
        self.assertEqual(line["by"], "time")
        self.assertLess(line["begin_ns"], line["end_ns"])
        lengths = {len(steps) for steps in line["rows"].values()}
        self.assertEqual(len(lengths), 1)
        by_events = command("heap", "--by=events", "heap.gbx")
        self.assertRegex(by_events, r"over \d+ events of the allocator")

    def test_the_picture_is_xml_with_a_square_for_each_pool(self):
        command("heap", "--at", "blocks", "--arenas", "1000", "--svg", "heap.svg", "heap.gbx")
        picture = ElementTree.parse("heap.svg").getroot()
        squares = [it for it in picture.iter("{http://www.w3.org/2000/svg}rect") if it.get("width") == "10"]
        self.assertEqual(len(squares), sum(len(arena["pools"]) for arena in self.heap["arenas"]))
        self.assertNotIn("http", pathlib.Path("heap.svg").read_text().replace("http://www.w3.org/2000/svg", ""))

    def test_a_recording_that_begins_late_knows_what_was_there(self):
        program = ("import glassbox, sys\nkept = [bytes(200) for _ in range(5000)]\n"
                   "glassbox.start('late.gbx:events=alloc+mark')\n"
                   "glassbox.mark('blocks', sys.getallocatedblocks())\nglassbox.stop()\n")
        subprocess.run([sys.executable, "-c", program], check=True)
        late = json.loads(command("heap", "--json", "--at", "blocks", "late.gbx"))
        if traces.FREE_THREADED:
            return                                       # what was there is known with the GIL alone
        said = next(e.fields["value"] for e in traces.Trace("late.gbx").named("mark.mark"))
        told = sum(entry["blocks"] for entry in late["classes"]) + late["sums"]["large_blocks"]
        self.assertLessEqual(abs(told - said), 2)

    def test_what_is_not_there_is_said(self):
        self.assertIn("there is no mark 'nowhere'", command("heap", "--at", "nowhere", "heap.gbx", status=2))
        self.assertIn("two ways", command("heap", "--json", "--svg", "x.svg", "heap.gbx", status=64))
        self.assertFalse(re.search("x.svg", " ".join(os.listdir("."))))


if __name__ == "__main__":
    unittest.main()
