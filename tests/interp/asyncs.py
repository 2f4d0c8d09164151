"""What the tests of class aio share: programs, the two implementations, and a recording told in a few words.

A story is the events of a thread between two marks, one line each: what happened to whom.  Tasks, futures and
handles are numbered as they are first named (t1, f1, h1), so that two runs can be compared.
"""

import functools
import json
import os
import subprocess
import textwrap
import unittest

import traces

GLASSBOX = os.environ.get("GLASSBOX", "glassbox")
C, PYTHON = "c", "python"
INVARIANTS = ("steps", "ends", "handles", "iterations")

HEAD = """\
import socket, sys
if {python}: sys.modules['_asyncio'] = None
import asyncio, glassbox
"""


def record(impl, body, options="events=aio+mark", path="t.gbx", read=None):
    """Run with the tasks of one implementation; the recording of `path`, or another that the program made."""
    program = HEAD.format(python=impl == PYTHON) + textwrap.dedent(body)
    if path is None:
        for old in ("late.gbx", "one.gbx", "two.gbx"):
            if os.path.exists(old):
                os.remove(old)
        done = subprocess.run([os.sys.executable, "-c", program], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return traces.Trace(read)
    trace, _ = traces.run(program, options=options, path=path)
    return trace


def both(test):
    """A test that holds for either implementation."""
    @functools.wraps(test)
    def twice(self):
        for impl in (C, PYTHON):
            with self.subTest(impl=impl):
                test(self, impl)
    return twice


def invariants(path="t.gbx"):
    done = subprocess.run([GLASSBOX, "stat", "--json", path], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return {i["key"]: i for i in json.loads(done.stdout)["invariants"] if i["key"] in INVARIANTS}


class Sound(unittest.TestCase):
    """Every recording made by these tests keeps the runner's invariants, too."""

    def record(self, impl, body, **keys):
        trace = record(impl, body, **keys)
        for key, found in invariants().items():
            self.assertEqual(found["violations"], 0, f"{key}: {found}")
        return trace


def where(trace, event):
    """The function and the line that a record names."""
    return trace.code(event), trace.line(event.fields["code"], event.fields["offset"])


class Story:
    def __init__(self, trace):
        self.trace = trace
        self.tasks = {e.fields["task"] for e in trace.events
                      if e.name in ("aio.task_new", "aio.step_begin", "aio.step_end")}
        self.names = {}

    def name(self, address, kind=None):
        if address == 0:
            return None
        kind = kind or ("t" if address in self.tasks else "f")
        if (kind, address) not in self.names:
            count = sum(k == kind for k, _ in self.names)
            self.names[kind, address] = f"{kind}{count + 1}"
        return self.names[kind, address]

    def forget(self, address):
        for kind in "tfh":
            if (kind, address) in self.names:
                self.names[kind, ("gone", len(self.names), address)] = self.names.pop((kind, address))

    def words(self, event):
        f, label = event.fields, lambda field: self.trace.label(event, field)
        match event.name.removeprefix("aio."):
            case "task_new":
                self.tasks.add(f["task"])
                self.forget(f["task"])
                return [self.name(f["task"]), self.trace.strings.get(f["name"]) or f"Task-{f['number']}"]
            case "future_new":
                self.tasks.discard(f["future"])
                self.forget(f["future"])
                return [self.name(f["future"])]
            case "step_begin":
                return [self.name(f["task"]), label("sent"), self.name(f["by"])]
            case "step_end":
                return [self.name(f["task"]), label("how"), self.name(f["awaits"])]
            case "cancel_asked":
                return [self.name(f["task"]), label("what"), str(f["requests"]), self.name(f["awaits"])]
            case "cancel_delivered":
                return [self.name(f["task"]), label("why")]
            case "uncancel":
                return [self.name(f["task"]), str(f["requests"])]
            case "done":
                return [self.name(f["future"]), label("state")]
            case "wakeup":
                return [self.name(f["task"]), self.name(f["future"])]
            case "callback":
                return [self.name(f["future"]), self.trace.codes.get(f["callback"])]
            case "gone":
                words = [self.name(f["future"]), "pending" if f["pending"] else None]
                self.forget(f["future"])
                return words
            case "call_soon":
                self.forget(f["handle"])
                how = label("how")
                return [self.name(f["handle"], "h"), self.name(f["task"]), how if how != "soon" else None]
            case "call_at" | "ready" | "handle_cancel":
                if event.name == "aio.call_at":
                    self.forget(f["handle"])
                return [self.name(f["handle"], "h")]
            case "run_begin":
                return [self.name(f["handle"], "h"), self.name(f["task"])]
            case "run_end":
                return [self.name(f["handle"], "h"), str(f["ok"])]
            case _:
                return []


def story(trace, first, last, only=("",)):
    """The lines between two marks that begin with one of these words."""
    teller = Story(trace)
    lines = []
    for event in trace.between_marks(first, last):
        if not event.name.startswith("aio."):
            continue
        words = [event.name.removeprefix("aio."), *(w for w in teller.words(event) if w)]
        if " ".join(words).startswith(tuple(only)):
            lines.append((event, words))
    return renumber([words for _, words in lines])


def renumber(lines):
    """Number anew, by what is left of a story: t1 is the first task that it names."""
    names = {}
    told = []
    for words in lines:
        new = [words[0]]
        for word in words[1:]:
            if word[0] in "tfh" and word[1:].isdigit():
                word = names.setdefault(word, f"{word[0]}{sum(n[0] == word[0] for n in names) + 1}")
            new.append(word)
        told.append(" ".join(new))
    return told
