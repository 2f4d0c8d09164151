"""asyncio: what becomes of tasks, futures, handles and loops, and that C and Python tell it alike.

A program runs twice, with the tasks in C and with those in Python (the module _asyncio is kept out), and the
two recordings are compared event by event: by name, and by what a field says of whom, where objects are
numbered as they appear.  The expected sequences are written down beside the programs.
"""

import unittest

from asyncs import C, HEAD, PYTHON, Sound, both, record, story, where


class Steps(Sound):
    """A step, what it awaits, who wakes it."""

    @both
    def test_from_await_to_callback(self, impl):
        trace = self.record(impl, """
            async def main():
                loop = asyncio.get_running_loop()
                future = loop.create_future()
                loop.call_soon(future.set_result, 7)
                glassbox.mark('begin')
                value = await future
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end"), [
            "step_end t1 awaits f1",
            "run_end h1 1",
            "iteration_end",
            "iteration_begin",
            "select",
            "run_begin h2",
            "done f1 result",
            "wakeup t1 f1",
            "call_soon h3 t1",
            "run_end h2 1",
            "iteration_end",
            "iteration_begin",
            "select",
            "run_begin h3 t1",
            "step_begin t1 none f1",
        ])

    @both
    def test_a_bare_yield_comes_again(self, impl):
        trace = self.record(impl, """
            async def main():
                glassbox.mark('begin')
                await asyncio.sleep(0)
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("step", "wakeup", "call_soon", "run")), [
            "call_soon h1 t1", "step_end t1 yields", "run_end h2 1", "run_begin h1 t1", "step_begin t1 none",
        ])

    @both
    def test_a_task_that_never_waits(self, impl):
        trace = self.record(impl, """
            async def quick(): return 5
            async def main():
                glassbox.mark('begin')
                task = asyncio.create_task(quick(), name='quick')
                await task
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("task", "step", "done", "wakeup")), [
            "task_new t1 quick", "step_end t2 awaits t1", "step_begin t1 none", "done t1 result",
            "wakeup t2 t1", "step_end t1 result", "step_begin t2 none t1",
        ])

    @both
    def test_an_exception_ends_a_task(self, impl):
        trace = self.record(impl, """
            async def fails(): raise KeyError(1)
            async def main():
                task = asyncio.create_task(fails())
                glassbox.mark('begin')
                try: await task
                except KeyError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("step", "done")), [
            "step_end t1 awaits t2", "step_begin t2 none", "done t2 exception", "step_end t2 exception",
            "step_begin t1 exception t2",
        ])
        ends = [e for e in trace.named("aio.step_end") if trace.label(e, "how") == "exception"]
        self.assertEqual([trace.type(e) for e in ends], ["KeyError"])

    @both
    def test_where_a_task_waits_is_the_innermost_coroutine(self, impl):
        trace = self.record(impl, """
            async def inner(): await asyncio.sleep(0.001)
            async def middle(): await inner()
            async def main():
                await middle()
            asyncio.run(main(), debug=False)
            """)
        ends = [e for e in trace.named("aio.step_end") if trace.label(e, "how") == "awaits"]
        self.assertIn("sleep", {trace.code(e) for e in ends})
        begins = [e for e in trace.named("aio.step_begin") if trace.code(e) == "sleep"]
        self.assertTrue(begins)

    @both
    def test_generators_and_asynchronous_generators_are_followed(self, impl):
        trace = self.record(impl, """
            import types
            @types.coroutine
            def old():
                yield
            class Awaitable:
                def __await__(self): return (yield from old())
            async def numbers():
                await Awaitable()
                yield 1
            async def main():
                glassbox.mark('begin')
                async for number in numbers(): pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        events = [e for e in trace.between_marks("begin", "end") if e.name == "aio.step_end"]
        self.assertEqual([trace.code(e) for e in events], ["old"])
        self.assertEqual([trace.label(e, "how") for e in events], ["yields"])
        self.assertEqual(where(trace, events[0])[1], HEAD.count("\n") + 5)

    @both
    def test_what_cannot_be_awaited(self, impl):
        trace = self.record(impl, """
            import types
            @types.coroutine
            def bad(what): yield what
            async def main(): await bad(3)
            async def generator(): await bad(x for x in ())
            async def itself(): await asyncio.current_task()
            async def bare(): await bad(asyncio.get_running_loop().create_future())
            other = asyncio.new_event_loop()
            async def elsewhere(): await other.create_future()
            for f in (main, generator, itself, bare, elsewhere):
                try: asyncio.run(f())
                except RuntimeError as error: pass
            other.close()
            """)
        ends = [e for e in trace.named("aio.step_end") if trace.label(e, "how") == "bad"]
        task, future = ("_asyncio.Task", "_asyncio.Future") if impl == C else ("Task", "Future")
        self.assertEqual([trace.type(e) for e in ends], ["int", "generator", task, future, future])

    @both
    def test_a_step_that_fails_itself(self, impl):
        trace = self.record(impl, """
            class Refuses(asyncio.SelectorEventLoop):
                refuse = False
                def call_soon(self, *args, **keys):
                    if self.refuse: raise ValueError('no')
                    return super().call_soon(*args, **keys)
            async def main():
                asyncio.get_running_loop().refuse = True
                await asyncio.sleep(0)
            loop = Refuses()
            loop.set_exception_handler(lambda loop, context: loop.stop())
            task = loop.create_task(main())
            loop.run_forever()
            task._log_destroy_pending = False
            """)
        ends = [trace.label(e, "how") for e in trace.named("aio.step_end")]
        self.assertEqual(ends, ["failed"])

    @both
    def test_ctrl_c_in_a_step(self, impl):
        trace = self.record(impl, """
            async def main(): raise KeyboardInterrupt
            loop = asyncio.new_event_loop()
            task = loop.create_task(main())
            try: loop.run_until_complete(task)
            except KeyboardInterrupt: pass
            try: task.result()
            except KeyboardInterrupt: pass
            loop.close()
            """)
        self.assertIn("exception", [trace.label(e, "how") for e in trace.named("aio.step_end")])
        self.assertIn(0, [e.fields["ok"] for e in trace.named("aio.run_end")])


class Eager(Sound):
    @both
    def test_an_eager_task_steps_inside_its_makers_step(self, impl):
        trace = self.record(impl, """
            async def quick(): return 1
            async def waits(): await asyncio.sleep(0)
            async def main():
                asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
                glassbox.mark('begin')
                a = asyncio.create_task(quick())
                b = asyncio.create_task(waits())
                glassbox.mark('end')
                await b
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("task", "step", "done", "call_soon")), [
            "task_new t1 Task-2", "step_begin t1 eager", "done t1 result", "step_end t1 result",
            "task_new t2 Task-3", "step_begin t2 eager", "call_soon h1 t2", "step_end t2 yields",
        ])


class Groups(Sound):
    @both
    def test_gather_wakes_its_caller_by_a_future_of_its_own(self, impl):
        trace = self.record(impl, """
            async def one(n): return n
            async def main():
                glassbox.mark('begin')
                await asyncio.gather(one(1), one(2))
                glassbox.mark('end')
            asyncio.run(main())
            """)
        told = story(trace, "begin", "end", only=("task", "future", "done", "wakeup", "callback"))
        self.assertEqual(told, [
            "task_new t1 Task-2", "task_new t2 Task-3", "future_new f1", "done t1 result",
            "callback t1 gather.<locals>._done_callback", "done t2 result",
            "callback t2 gather.<locals>._done_callback", "done f1 result", "wakeup t3 f1",
        ])

    @both
    def test_a_task_group_cancels_the_rest(self, impl):
        trace = self.record(impl, """
            async def fails(): raise ValueError(1)
            async def waits(): await asyncio.sleep(10)
            async def main():
                glassbox.mark('begin')
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(waits(), name='waits')
                        group.create_task(fails(), name='fails')
                except* ValueError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        told = story(trace, "begin", "end", only=("task", "cancel_asked", "done t"))
        self.assertIn("done t2 exception", told)
        self.assertIn("done t1 cancelled", told)
        self.assertLess(told.index("done t2 exception"), told.index("cancel_asked t1 passed_on 1 f1"))

    @both
    def test_a_callback_added_to_a_future_that_is_done(self, impl):
        trace = self.record(impl, """
            def called(future): pass
            async def main():
                future = asyncio.get_running_loop().create_future()
                future.set_result(1)
                glassbox.mark('begin')
                future.add_done_callback(called)
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end"), ["callback f1 called", "call_soon h1"])


class Futures(Sound):
    @both
    def test_what_becomes_of_futures(self, impl):
        trace = self.record(impl, """
            async def main():
                loop = asyncio.get_running_loop()
                glassbox.mark('begin')
                a, b, c, d = (loop.create_future() for i in range(4))
                a.set_result('x'); b.set_exception(KeyError(1)); c.cancel(); b.exception()
                del a, b, c, d
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end"), [
            "future_new f1", "future_new f2", "future_new f3", "future_new f4",
            "done f1 result", "done f2 exception", "done f3 cancelled",
            "gone f1", "gone f2", "gone f3", "gone f4 pending",
        ])
        done = [e for e in trace.between_marks("begin", "end") if e.name == "aio.done"]
        self.assertEqual([trace.types.get(e.fields["type"]) for e in done], ["str", "KeyError", None])
        self.assertEqual({trace.code(e) for e in done}, {"main"})
        self.assertEqual({where(trace, e)[1] for e in done}, {HEAD.count("\n") + 6})

    @both
    def test_a_task_destroyed_while_it_waits(self, impl):
        trace = self.record(impl, """
            async def waits(): await asyncio.get_running_loop().create_future()
            async def main():
                task = asyncio.create_task(waits())
                await asyncio.sleep(0)
                glassbox.mark('begin')
                asyncio.tasks._scheduled_tasks.discard(task)
                del task
                import gc; gc.collect()
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertIn("gone t1 pending", story(trace, "begin", "end"))

    @both
    def test_a_task_says_who_made_it_and_what_it_is_called(self, impl):
        trace = self.record(impl, """
            async def named(): pass
            async def main():
                a = asyncio.create_task(named(), name='mine')
                b = asyncio.create_task(named())
                await a; await b
            asyncio.run(main())
            """)
        tasks = trace.named("aio.task_new")[:3]              # what asyncio.run() makes at its end comes after
        self.assertEqual([trace.codes[e.fields["coro"]] for e in tasks], ["main", "named", "named"])
        self.assertEqual([trace.strings.get(e.fields["name"]) for e in tasks], [None, "mine", None])
        self.assertEqual([e.fields["number"] for e in tasks], [1, 0, 2])
        line = HEAD.count("\n")
        self.assertEqual([where(trace, e) for e in tasks],
                         [("<module>", line + 7), ("main", line + 4), ("main", line + 5)])
        self.assertEqual({trace.label(e, "impl") for e in tasks}, {"c" if impl == C else "python"})


class Recording(unittest.TestCase):
    def test_off_nothing_is_recorded(self):
        trace = record(C, "asyncio.run(asyncio.sleep(0))", options="events=mark+frame")
        self.assertEqual([e for e in trace.events if e.name.startswith("aio.")], [])

    def test_with_frames_and_without_the_story_is_the_same(self):
        body = """
            async def main():
                glassbox.mark('begin')
                await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.001))
                glassbox.mark('end')
            asyncio.run(main())
            """
        for impl in (C, PYTHON):
            alone = story(record(impl, body), "begin", "end")
            with_frames = story(record(impl, body, options="events=aio+mark+frame"), "begin", "end")
            self.assertEqual(alone, with_frames)

    def test_a_recording_that_begins_inside_a_step(self):
        trace = record(C, """
            async def main():
                glassbox.start('late.gbx', events='aio+mark')
                await asyncio.sleep(0)
            asyncio.run(main())
            glassbox.stop()
            """, path=None, read="late.gbx")
        names = [e.name for e in trace.events]
        self.assertEqual(names.count("aio.step_begin"), names.count("aio.step_end"))
        self.assertEqual(names.count("aio.run_end"), names.count("aio.run_begin") + 1)

    def test_a_second_recording_knows_the_functions_again(self):
        trace = record(C, """
            async def main(): await asyncio.sleep(0)
            for path in 'one.gbx', 'two.gbx':
                glassbox.start(path, events='aio+mark')
                asyncio.run(main())
                glassbox.stop()
            """, path=None, read="two.gbx")
        self.assertTrue(trace.named("aio.iteration_begin"))

    def test_a_program_of_the_same_names_elsewhere_plays_no_role(self):
        trace = record(C, """
            code = compile('class BaseEventLoop:\\n'
                           '    def _run_once(self): pass\\n'
                           'BaseEventLoop()._run_once()', '/tmp/asyncio/base_events.py', 'exec')
            exec(code, {'__name__': 'x'})
            """)
        self.assertEqual(trace.named("aio.iteration_begin"), [])

    def test_objects_that_are_not_as_expected_do_no_harm(self):
        """A role is played by whatever is given to the function."""
        record(C, """
            import asyncio.base_events as b, asyncio.events as e, asyncio.futures as f, asyncio.tasks as t
            class Slots: __slots__ = ('_state', '_loop')
            class Dict: pass
            odd = Dict(); odd.__dict__ = {1: 2, '_state': 3, '_callbacks': 'x', '_ready': 1, '_scheduled': None}
            for who in (None, 3, 'x', Slots(), Dict(), odd, int, []):
                for call in (lambda: b.BaseEventLoop._run_once(who), lambda: b.BaseEventLoop._add_callback(who, who),
                             lambda: b.BaseEventLoop._call_soon(who, who, who, who), lambda: b.BaseEventLoop.call_at(who, 1, who),
                             lambda: e.Handle._run(who), lambda: e.Handle.cancel(who),
                             lambda: f._PyFuture.__init__(who), lambda: f._PyFuture.__del__(who),
                             lambda: f._PyFuture._Future__schedule_callbacks(who), lambda: f._PyFuture.add_done_callback(who, who),
                             lambda: t._PyTask.__init__(who, who), lambda: t._PyTask._Task__step(who, who),
                             lambda: t._PyTask._Task__step_run_and_handle_result(who, who),
                             lambda: t._PyTask._Task__wakeup(who, who), lambda: t._PyTask.cancel(who), lambda: t._PyTask.uncancel(who),
                             lambda: t._PyTask._Task__eager_start(who), lambda: asyncio.events._set_running_loop(None)):
                    try: call()
                    except Exception: pass
            """, options="events=aio+mark+frame")


if __name__ == "__main__":
    unittest.main()
