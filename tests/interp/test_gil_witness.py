"""The kernel as a witness: what the trace calls a wait, the kernel must have seen as a wait on a futex.

strace tells of every futex call of every thread when it began and how long it took.  It slows each call
down by some ten microseconds, so only waits of more than a millisecond are compared, and by their sums: most
of a thread's waits in the trace have to lie within its futex calls, and a long futex call of a thread has to
lie within what the trace says it waited, parked or was outside for.  A thread that was woken and has no
core yet waits outside of its futex call: for that the kernel has a witness of its own, schedstat, and what it
says of the process is added.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import textwrap
import unittest

import traces
from locks import HEAD, LOCKED, gil_only

LINE = re.compile(r"^(\d+) +(\d+\.\d+) futex\(.*(WAIT\w*).*<(\d+\.\d+)>$")
BEGUN = re.compile(r"^(\d+) +(\d+\.\d+) futex\(.*(WAIT\w*).*<unfinished \.\.\.>$")
ENDED = re.compile(r"^(\d+) +(\d+\.\d+) <\.\.\. futex resumed>.*<(\d+\.\d+)>$")
LONG = 1e-3                               # seconds


def futex_waits(path):
    """{native thread id: [(begin, end)]} in seconds of CLOCK_REALTIME."""
    waits, begun = {}, {}
    with open(path) as file:
        for line in file:
            if match := LINE.match(line):
                thread, begin, _, took = match.groups()
                waits.setdefault(int(thread), []).append((float(begin), float(begin) + float(took)))
            elif match := BEGUN.match(line):
                begun[int(match[1])] = float(match[2])
            elif (match := ENDED.match(line)) and int(match[1]) in begun:
                begin = begun.pop(int(match[1]))
                waits.setdefault(int(match[1]), []).append((begin, begin + float(match[3])))
    return waits


def overlap(span, others):
    return sum(max(0.0, min(span[1], end) - max(span[0], begin)) for begin, end in others)


# The threads say at their end how long each of them was runnable and had no core.
WITHOUT_CORE = """
import atexit
def without_core():
    with open('/proc/thread-self/schedstat') as file:
        return int(file.read().split()[1]) / 1e9
cores = []
class Thread(threading.Thread):
    def run(self):
        try: super().run()
        finally: cores.append(without_core())
threading.Thread = Thread
def tell():
    with open('cores.txt', 'w') as file: print(sum(cores) + without_core(), file=file)
atexit.register(tell)
"""


class Kernel(unittest.TestCase):
    def record(self, body):
        """A recording under strace: (trace, {native id: futex waits}, what each thread did)."""
        if shutil.which("strace") is None:
            self.skipTest("cannot run here: there is no strace")
        command = ["strace", "-f", "-ttt", "-T", "-e", "trace=futex", "-o", "futex.txt", sys.executable,
                   *LOCKED, "-X", "glassbox=t.gbx:events=gil+mark", "-c", HEAD + WITHOUT_CORE + textwrap.dedent(body)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=300)
        if done.returncode != 0 and re.search(r"ptrace|PTRACE|not permitted", done.stdout):
            self.skipTest("cannot run here: strace may not trace")
        self.assertEqual(done.returncode, 0, done.stdout)
        trace = traces.Trace("t.gbx")
        shown = subprocess.run([os.environ["GLASSBOX"], "show", "--json", "t.gbx"], text=True, check=True,
                               stdout=subprocess.PIPE)
        events = [json.loads(line) for line in shown.stdout.splitlines() if line.startswith("{")]
        return trace, futex_waits("futex.txt"), events

    def lanes(self, trace, events):
        """{native id: (waits for the lock, all that is no holding)}, in seconds of CLOCK_REALTIME."""
        (start,) = struct.unpack_from("<Q", trace.data, 80 + 16)       # header.start.realtime_ns
        natives = self.natives(trace)
        waits, away, asked, let_go = {}, {}, {}, {}
        for event in events:
            thread, now = natives[event["thread"]], (start + event["t_ns"]) / 1e9
            if event["event"] == "gil.request":
                asked[thread] = now
            elif event["event"] == "gil.acquire":
                waits.setdefault(thread, []).append((asked[thread], now))
                away.setdefault(thread, []).append((let_go.get(thread, asked[thread]), now))
            elif event["event"] == "gil.release":
                let_go[thread] = now
            elif event["event"] == "gil.forced_switch":
                begin = now - event["wait_ns"] / 1e9
                waits.setdefault(thread, []).append((begin, now))
        for thread, now in let_go.items():
            away.setdefault(thread, []).append((now, float("inf")))
        return waits, away

    def natives(self, trace):
        """{thread id: native id}, from the definitions."""
        found, at = {}, trace.header_size
        while at + traces.SEGMENT.size <= len(trace.data):
            head = traces.SEGMENT.unpack_from(trace.data, at)
            if head[0] != 0x53584247:
                at += traces.GRANULE
                continue
            name, end = at + 112, at + head[9]
            while head[1] == 2 and name < end:
                kind, size, ident, _ = struct.unpack_from("<BxxxIII", trace.data, name)
                if kind == 3:
                    found[ident] = struct.unpack_from("<Q", trace.data, name + 16)[0]
                name += size
            at += head[5]
        return found

    def compare(self, body):
        trace, futexes, events = self.record(body)
        waits, away = self.lanes(trace, events)
        told = seen = compared = 0
        for thread, spans in waits.items():
            for span in spans:
                if span[1] - span[0] >= LONG:
                    told += span[1] - span[0]
                    seen += overlap(span, futexes.get(thread, []))
                    compared += 1
        self.assertGreater(compared, 20)
        with open("cores.txt") as file:
            without_core = float(file.read())
        self.assertGreater(seen + without_core, 0.85 * told)
        kernel = inside = 0
        for thread, spans in futexes.items():
            for span in spans:
                if span[1] - span[0] >= LONG and thread in away:
                    kernel += span[1] - span[0]
                    inside += overlap(span, away[thread])
        self.assertGreater(kernel, 0)
        self.assertGreater(inside, 0.95 * kernel)
        return told, seen, kernel, inside

    @gil_only
    def test_waits_of_busy_threads(self):
        self.compare("all_of(busy, 4, 0.6)\n")

    @gil_only
    def test_waits_of_threads_that_compute_and_threads_that_sleep(self):
        self.compare("""
            def io():
                for _ in range(60):
                    time.sleep(0.002)
                    count(2000)
            sleepers = [threading.Thread(target=io) for _ in range(2)]
            for thread in sleepers: thread.start()
            all_of(busy, 3, 0.6)
            for thread in sleepers: thread.join()
        """)


if __name__ == "__main__":
    unittest.main()
