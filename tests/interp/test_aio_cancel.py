"""Cancellation of asyncio's tasks in C and in Python: asked for, delivered, swallowed, taken back."""

import unittest

from asyncs import Sound, both, story


class Cancelling(Sound):
    """Asked for, delivered and cancelled are three things."""

    @both
    def test_before_the_first_step(self, impl):
        trace = self.record(impl, """
            async def never(): print('ran')
            async def main():
                task = asyncio.create_task(never())
                glassbox.mark('begin')
                task.cancel()
                try: await task
                except asyncio.CancelledError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("cancel", "step", "done")), [
            "cancel_asked t1 noted 1", "step_end t2 awaits t1", "step_begin t1 cancelled",
            "cancel_delivered t1 noted", "done t1 cancelled", "step_end t1 cancelled",
            "step_begin t2 cancelled t1", "cancel_delivered t2 awaited",
        ])

    @both
    def test_at_an_await(self, impl):
        trace = self.record(impl, """
            async def waits(): await asyncio.sleep(10)
            async def main():
                task = asyncio.create_task(waits())
                await asyncio.sleep(0)
                glassbox.mark('begin')
                task.cancel()
                try: await task
                except asyncio.CancelledError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("cancel", "step", "done", "wakeup")), [
            "cancel_asked t1 passed_on 1 f1", "done f1 cancelled", "wakeup t1 f1",
            "step_end t2 awaits t1", "step_begin t1 cancelled f1", "cancel_delivered t1 awaited",
            "done t1 cancelled", "wakeup t2 t1", "step_end t1 cancelled",
            "step_begin t2 cancelled t1", "cancel_delivered t2 awaited",
        ])

    @both
    def test_while_it_runs(self, impl):
        trace = self.record(impl, """
            async def main():
                task = asyncio.current_task()
                glassbox.mark('begin')
                task.cancel()
                try: await asyncio.sleep(10)
                except asyncio.CancelledError: task.uncancel()
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("cancel", "uncancel", "step", "done", "wakeup")), [
            "cancel_asked t1 noted 1", "done f1 cancelled", "wakeup t1 f1", "step_end t1 awaits f1",
            "step_begin t1 cancelled f1", "cancel_delivered t1 awaited", "uncancel t1 0",
        ])

    @both
    def test_just_before_it_returns(self, impl):
        """The request comes too late to be thrown: the task is cancelled all the same."""
        trace = self.record(impl, """
            async def late():
                asyncio.current_task().cancel()
                return 1
            async def main():
                task = asyncio.create_task(late())
                glassbox.mark('begin')
                try: await task
                except asyncio.CancelledError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("cancel", "step", "done")), [
            "step_end t1 awaits t2", "step_begin t2 none", "cancel_asked t2 noted 1", "done t2 cancelled",
            "step_end t2 cancelled", "step_begin t1 cancelled t2", "cancel_delivered t1 awaited",
        ])

    @both
    def test_a_task_that_is_done_ignores_it(self, impl):
        trace = self.record(impl, """
            async def quick(): pass
            async def main():
                task = asyncio.create_task(quick())
                await task
                glassbox.mark('begin')
                task.cancel()
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end"), ["cancel_asked t1 ignored 0"])

    @both
    def test_swallowed(self, impl):
        trace = self.record(impl, """
            async def deaf():
                try: await asyncio.sleep(10)
                except asyncio.CancelledError: pass
                await asyncio.sleep(0)
                return 1
            async def main():
                task = asyncio.create_task(deaf())
                await asyncio.sleep(0)
                glassbox.mark('begin')
                task.cancel()
                await task
                glassbox.mark('end')
            asyncio.run(main())
            """)
        told = story(trace, "begin", "end", only=("cancel", "step", "done"))
        self.assertEqual(told[3:], [
            "step_begin t1 cancelled f1", "cancel_delivered t1 awaited", "step_end t1 yields",
            "step_begin t1 none", "done t1 result", "step_end t1 result", "step_begin t2 none t1",
        ])

    @both
    def test_shield_takes_the_request_upon_itself(self, impl):
        trace = self.record(impl, """
            async def works():
                await asyncio.sleep(0.001)
                return 1
            async def guarded(task): await asyncio.shield(task)
            async def main():
                inner = asyncio.create_task(works())
                outer = asyncio.create_task(guarded(inner))
                await asyncio.sleep(0)
                glassbox.mark('begin')
                outer.cancel()
                try: await outer
                except asyncio.CancelledError: pass
                await inner
                glassbox.mark('end')
            asyncio.run(main())
            """)
        told = story(trace, "begin", "end", only=("cancel", "done"))
        self.assertEqual(told[:4], ["cancel_asked t1 passed_on 1 f1", "done f1 cancelled",
                                    "cancel_delivered t1 awaited", "done t1 cancelled"])
        self.assertEqual([line for line in told if line.startswith("done t")], ["done t1 cancelled", "done t3 result"])

    @both
    def test_a_timeout_asks_and_takes_it_back(self, impl):
        trace = self.record(impl, """
            async def main():
                glassbox.mark('begin')
                try:
                    async with asyncio.timeout(0.001): await asyncio.sleep(10)
                except TimeoutError: pass
                glassbox.mark('end')
            asyncio.run(main())
            """)
        self.assertEqual(story(trace, "begin", "end", only=("cancel_asked", "cancel_delivered", "uncancel")), [
            "cancel_asked t1 passed_on 1 f1", "cancel_delivered t1 awaited", "uncancel t1 0",
        ])


if __name__ == "__main__":
    unittest.main()
