"""asyncio's loops: handles, rounds, and the wait for I/O, with tasks in C and in Python."""

import unittest

from asyncs import C, Sound, both, story


class Loops(Sound):
    @both
    def test_handles_say_by_whom_and_run_once(self, impl):
        trace = self.record(impl, """
            def later(): pass
            async def main():
                loop = asyncio.get_running_loop()
                glassbox.mark('begin')
                a = loop.call_soon(later)
                b = loop.call_later(0.001, later)
                c = loop.call_soon(later); c.cancel(); c.cancel()
                loop.call_soon_threadsafe(later)
                glassbox.mark('end')
                await asyncio.sleep(0.005)
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end"), [
            "call_soon h1", "call_at h2", "call_soon h3", "handle_cancel h3", "call_soon h4 threadsafe",
        ])
        events = trace.between_marks("begin", "end")
        self.assertEqual({trace.code(e) for e in events}, {"main"})
        self.assertEqual({trace.codes[e.fields["callback"]] for e in events if "callback" in e.fields}, {"later"})
        self.assertEqual([e.fields["ready"] for e in events if e.name == "aio.call_soon"], [1, 2, 3])
        runs = [e for e in trace.named("aio.run_begin") if trace.codes.get(e.fields["callback"]) == "later"]
        self.assertEqual(len(runs), 3)

    @both
    def test_iterations_say_how_many_are_ready_and_how_long_they_waited(self, impl):
        trace = self.record(impl, """
            async def main():
                await asyncio.sleep(0.1)
            asyncio.run(main())
            """)
        begins, ends = trace.named("aio.iteration_begin"), trace.named("aio.iteration_end")
        selects = trace.named("aio.select")
        self.assertEqual(len(begins), len(ends))
        self.assertEqual(len(begins), len(selects))
        self.assertEqual({trace.label(e, "by") for e in selects}, {"epoll"})
        waited = max(selects, key=lambda e: e.fields["wait"])
        self.assertGreaterEqual(waited.fields["timeout"], 50_000_000)
        self.assertEqual(waited.fields["events"], 0)
        before = [e for e in trace.events if e.name in ("aio.iteration_begin", "aio.select")]
        self.assertEqual(before[before.index(waited) - 1].fields["ready"], 0)
        self.assertEqual(before[before.index(waited) - 1].fields["timers"], 1)

    @both
    def test_io_becomes_ready_without_call_soon(self, impl):
        trace = self.record(impl, """
            async def main():
                a, b = socket.socketpair()
                a.setblocking(False); b.setblocking(False)
                loop = asyncio.get_running_loop()
                got = []
                done = loop.create_future()
                def read():
                    got.append(b.recv(1))
                    if len(got) == 2: done.set_result(None)
                loop.add_reader(b, read)
                a.send(b'x'); await asyncio.sleep(0.001)
                a.send(b'y'); await done
                loop.remove_reader(b)
                a.close(); b.close()
            asyncio.run(main())
            """)
        runs = [e.fields["handle"] for e in trace.named("aio.run_begin")
                if trace.codes.get(e.fields["callback"], "").endswith("read")]
        self.assertEqual(len(runs), 2)
        self.assertEqual(len(set(runs)), 1)
        self.assertEqual([e.fields["handle"] for e in trace.named("aio.ready") if e.fields["handle"] in runs], runs)
        self.assertTrue([e for e in trace.named("aio.select") if e.fields["events"] > 0])

    @both
    def test_each_way_to_wait(self, impl):
        for selector, by in (("SelectSelector", "select"), ("PollSelector", "poll"), ("EpollSelector", "epoll")):
            trace = self.record(impl, f"""
                import selectors
                loop = asyncio.SelectorEventLoop(selectors.{selector}())
                loop.run_until_complete(asyncio.sleep(0.02))
                loop.close()
                """)
            self.assertEqual({trace.label(e, "by") for e in trace.named("aio.select")}, {by})
            self.assertTrue(any(e.fields["timeout"] > 0 for e in trace.named("aio.select")))

    @both
    def test_waits_that_are_not_the_loops_are_not_its(self, impl):
        trace = self.record(impl, """
            import select
            async def main():
                select.select([], [], [], 0.001)
                select.poll().poll(1)
            asyncio.run(main())
            select.select([], [], [], 0.001)
            """)
        self.assertEqual(len(trace.named("aio.select")), len(trace.named("aio.iteration_begin")))

    @both
    def test_a_callback_that_raises(self, impl):
        trace = self.record(impl, """
            def exits(): raise SystemExit(0)
            loop = asyncio.new_event_loop()
            loop.call_soon(exits)
            try: loop.run_forever()
            except SystemExit: pass
            loop.close()
            """)
        self.assertEqual([e.fields["ok"] for e in trace.named("aio.run_end")], [0])
        self.assertEqual(len(trace.named("aio.iteration_end")), 1)

    @both
    def test_which_loop_runs(self, impl):
        trace = self.record(impl, """
            async def main(): pass
            asyncio.run(main())
            """)
        self.assertEqual([(e.fields["runs"], trace.types.get(e.fields["type"])) for e in trace.named("aio.loop")][:2],
                         [(1, "_UnixSelectorEventLoop"), (0, None)])

    def test_a_future_of_one_kind_wakes_a_task_of_the_other(self):
        for task, future in (("_PyTask", "_CFuture"), ("_CTask", "_PyFuture")):
            trace = self.record(C, f"""
                async def main():
                    loop = asyncio.get_running_loop()
                    future = asyncio.futures.{future}(loop=loop)
                    loop.call_soon(future.set_result, 1)
                    glassbox.mark('begin')
                    await future
                    glassbox.mark('end')
                loop = asyncio.new_event_loop()
                loop.set_task_factory(lambda loop, coro, **keys: asyncio.tasks.{task}(coro, loop=loop, **keys))
                loop.run_until_complete(main())
                loop.close()
                """)
            told = story(trace, "begin", "end", only=("step", "done", "wakeup"))
            self.assertEqual(told, ["step_end t1 awaits f1", "done f1 result", "wakeup t1 f1",
                                    "step_begin t1 none f1"])


if __name__ == "__main__":
    unittest.main()
