"""`glassbox aio`: what it prints of a real recording, in both forms, and what it refuses."""

import json
import os
import re
import subprocess
import unittest

from asyncs import C, PYTHON, record

GLASSBOX = os.environ.get("GLASSBOX", "glassbox")

PROGRAM = """
    import time
    async def fetch(seconds):
        await asyncio.sleep(seconds)
        return seconds
    async def stalls():
        await asyncio.sleep(0)
        time.sleep(0.03)
    async def main():
        a = asyncio.create_task(fetch(0.01), name='first')
        b = asyncio.create_task(stalls(), name='stalls')
        never = asyncio.create_task(fetch(60), name='never')
        await asyncio.gather(a, b)
        never.cancel()
        try: await never
        except asyncio.CancelledError: pass
    asyncio.run(main())
    """


def glassbox(*arguments, status=0):
    done = subprocess.run([GLASSBOX, *arguments], text=True, capture_output=True, timeout=120)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {done.stderr}")
    return done


class Story(unittest.TestCase):
    def story(self, impl, *options):
        trace = record(impl, PROGRAM, path="story.gbx")
        return trace, json.loads(glassbox("aio", "--json", *options, "story.gbx").stdout)

    def test_the_numbers_are_those_of_the_events(self):
        for impl in C, PYTHON:
            with self.subTest(impl=impl):
                trace, story = self.story(impl)
                loop = story["loops"][0]
                self.assertEqual(story["lost"], 0)
                self.assertTrue(story["whole"])
                self.assertEqual(loop["rounds"], len(trace.named("aio.iteration_begin")))
                self.assertEqual(sum(t["steps"] for t in story["tasks"]), len(trace.named("aio.step_begin")))
                self.assertEqual(len(story["tasks"]), len(trace.named("aio.task_new")))
                spent = loop["step_ns"] + loop["callback_ns"] + loop["select_ns"] + loop["own_ns"]
                self.assertAlmostEqual(spent, loop["running_ns"], delta=1000)

    def test_each_task_has_its_time_and_its_end(self):
        _, story = self.story(C)
        tasks = {t["name"]: t for t in story["tasks"]}
        self.assertEqual(tasks["first"]["state"], "result")
        self.assertEqual(tasks["never"]["state"], "cancelled")
        self.assertEqual((tasks["never"]["cancel_asked"], tasks["never"]["cancel_delivered"]), (1, 1))
        self.assertGreaterEqual(tasks["stalls"]["longest_step_ns"], 30_000_000)
        self.assertGreaterEqual(tasks["first"]["awaits_ns"], 10_000_000)      # its timer was due in the stall
        self.assertLess(tasks["first"]["step_ns"], 30_000_000)

    def test_the_longest_turn_is_the_stall_with_its_lines(self):
        _, story = self.story(C, "-n", "2")
        self.assertEqual(len(story["turns"]), 2)
        turn = story["turns"][0]
        self.assertEqual(turn["task"], "stalls")
        self.assertIn("__sleep0", turn["from"])
        self.assertGreaterEqual(turn["ns"], story["turns"][1]["ns"])

    def test_a_turn_names_what_it_was_spent_in_where_that_was_recorded(self):
        record(C, """
            import time
            def crunch():
                end = time.perf_counter() + 0.02
                while time.perf_counter() < end: pass
            def blocks(): time.sleep(0.03)
            async def main():
                await asyncio.sleep(0)
                crunch()
                await asyncio.sleep(0)
                blocks()
            asyncio.run(main())
            """, options="events=aio+frame+gil+mark", path="inside.gbx")
        turns = json.loads(glassbox("aio", "--json", "-n", "2", "inside.gbx").stdout)["turns"]
        self.assertIn("blocks", turns[0]["let_go_at"])
        self.assertGreaterEqual(turns[0]["without_the_lock_ns"], 25_000_000)
        self.assertIn("crunch", turns[1]["mostly_in"])
        self.assertGreaterEqual(turns[1]["mostly_in_ns"], 15_000_000)
        text = glassbox("aio", "-n", "2", "inside.gbx").stdout
        self.assertRegex(text, r"without the lock: .* in blocks, by \w+")
        self.assertRegex(text, r"of it in .* in crunch itself")

    def test_the_text_says_the_same(self):
        self.story(C)
        text = glassbox("aio", "story.gbx").stdout
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)
        self.assertRegex(text, r"loop 1: _UnixSelectorEventLoop")
        self.assertRegex(text, r"(?m)^stalls +stalls +2 ")
        self.assertNotIn("This is not all", text)

    def test_one_task_with_the_diagram_of_an_await(self):
        for name in ("first", "fetch"):                        # by its name, or its coroutine
            self.story(C)
            text = glassbox("aio", "--task", name, "story.gbx").stdout
            told = [line[14:] for line in text.splitlines() if re.match(r" {2,}\d+\.\d  ", line)]
            self.assertTrue(told[0].startswith("made at "))
            self.assertTrue(any(line.startswith("  ran ") and "awaits a Future" in line for line in told), text)
            self.assertIn("done: result", text)
            self.assertRegex(text, r"step begins ◀─+ runs it")
        moments = json.loads(glassbox("aio", "--json", "--task", "never", "story.gbx").stdout)["moments"]
        words = [m["text"] for m in moments]
        self.assertTrue(any(word.startswith("asked to cancel at ") and "so is what it awaits" in word for word in words))
        self.assertTrue(any("throws CancelledError" in word for word in words), words)

    def test_the_second_await(self):
        record(C, """
            async def main():
                await asyncio.sleep(0.001)
                await asyncio.sleep(0.002)
            asyncio.run(main())
            """, path="two.gbx")
        first = glassbox("aio", "--task", "main", "--await", "1", "two.gbx").stdout
        second = glassbox("aio", "--task", "main", "--await", "2", "two.gbx").stdout
        self.assertNotEqual(first, second)
        self.assertIn("It has no such await.", glassbox("aio", "--task", "main", "--await", "3", "two.gbx").stdout)


class Missing(unittest.TestCase):
    def test_what_is_not_there_is_said(self):
        record(C, "async def main(): pass\nasyncio.run(main())", path="short.gbx")
        self.assertIn("has no task 'nobody'", glassbox("aio", "--task", "nobody", "short.gbx", status=2).stderr)
        self.assertIn("no process 1", glassbox("aio", "-p", "1", "short.gbx", status=2).stderr)

    def test_a_trace_without_the_class_is_refused(self):
        record(C, "async def main(): pass\nasyncio.run(main())", options="events=frame", path="frames.gbx")
        self.assertIn("no event of class aio", glassbox("aio", "frames.gbx", status=2).stderr)

    def test_a_class_that_was_off_for_a_while_is_said(self):
        record(C, """
            async def main():
                glassbox.select('mark'); await asyncio.sleep(0); glassbox.select('aio+mark')
                await asyncio.sleep(0)
            asyncio.run(main())
            """, path="part.gbx")
        self.assertIn("This is not all: class aio was not recorded", glassbox("aio", "part.gbx").stdout)

    def test_wrong_usage(self):
        for arguments in ([], ["a", "b"], ["-n", "x", "a"], ["--await", "1", "a"], ["--task"], ["--nonsense", "a"]):
            self.assertIn("glassbox aio --help", glassbox("aio", *arguments, status=64).stderr)


if __name__ == "__main__":
    unittest.main()
