"""A server of a language model, iteration by iteration; what a model computes is left out.

Imported by the experiments of claims 6.4.  In an iteration every request in flight gets one token, and
requests join and leave between iterations (Orca's way of batching, which the paper takes over).  First
come, first served.  When memory runs out, who came last is sent away and gives back all of its blocks;
later its keys and values are computed once more, from its prompt and the tokens that it has emitted
(section 4.5, recomputation).
"""
import pathlib
import sys
from collections import deque
from collections.abc import Iterable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from kvcache import Paged, Request, Reserved  # noqa: E402


class Server:
    """Requests that wait, requests in flight, and the memory that decides who is which."""

    def __init__(self, manager: Paged | Reserved, requests: Iterable[Request]):
        self.manager = manager
        self.waiting = deque(requests)
        self.running: list[Request] = []
        self.iterations = 0
        self.emitted = 0
        self.sent_away = 0
        self.computed_again = 0  # tokens
        self.joined: list[Request] = []  # in this iteration

    def send_away(self) -> None:
        """Who came last loses its memory, and waits at the head of the queue."""
        last = self.running.pop()
        self.computed_again += last.stored
        self.manager.release(last)
        self.waiting.appendleft(last)
        self.sent_away += 1

    def grow(self) -> bool:
        """A slot for one more token of each request in flight; False: somebody was sent away for it."""
        everybody = True
        at = 0
        while at < len(self.running):
            if self.manager.grow(self.running[at]):
                at += 1
            else:
                self.send_away()
                everybody = False
        return everybody

    def let_in(self) -> None:
        """Those who wait, in order, until there is no room for the next one."""
        while self.waiting and self.manager.admit(self.waiting[0]):
            request = self.waiting[0]
            if not self.manager.grow(request):
                self.manager.release(request)
                return
            self.running.append(self.waiting.popleft())
            self.joined.append(request)

    def begin(self) -> bool:
        """Find memory for the next iteration; False: everybody is served."""
        self.joined = []
        if self.grow():
            self.let_in()
        for request in self.running:
            request.emitted += 1
        self.emitted += len(self.running)
        self.iterations += bool(self.running)
        if self.waiting and not self.running:
            raise MemoryError(f"request {self.waiting[0].number} does not fit into an empty cache")
        return bool(self.running)

    def end(self) -> list[Request]:
        """Who has all of its tokens leaves; returns who that was."""
        done = [request for request in self.running if request.emitted == request.output]
        for request in done:
            self.manager.release(request)
        if done:
            self.running = [request for request in self.running if request.emitted < request.output]
        return done
