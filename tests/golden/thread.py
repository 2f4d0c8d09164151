"""A second thread with a function of its own; the first one waits for it."""
# record: events=frame+thread+mark
import _thread

import glassbox


def work(done):
    glassbox.mark("in the thread", 7)
    done.release()


glassbox.mark("begin")
lock = _thread.allocate_lock()
lock.acquire()
handle = _thread.start_joinable_thread(lambda: work(lock))
lock.acquire()
handle.join()
glassbox.mark("end")
