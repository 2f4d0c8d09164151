"""Lab 2: have a ring made and let go of it; have a cache filled, cut down, and let go of it.

Which of the two is an argument: "ring", "cache" or "both".  Nothing here counts or compares but what a ring looks
like from outside; what lives and dies is in the trace.
"""
import functools
import gc
import io
import sys

import data
import glassbox
import lab

FORWARD, BACKWARD = lab.parameter("forward"), lab.parameter("backward")


# --- the ring -----------------------------------------------------------------------------------------

def around(member, link, count):
    """The members that one meets from there, so many steps along a link."""
    met = []
    for _ in range(count):
        met.append(member)
        member = getattr(member, link)
    return met, member


def look_at(ring, count):
    """Watch each member, and tell what the ring looks like; nothing of it is held afterwards."""
    first = ring.first
    met, after = around(first, FORWARD, count)
    back, before = around(first, BACKWARD, count)
    lab.observe("ring", {
        "members": len({id(member) for member in met}),
        "closed": after is first and before is first,
        "backward": [id(member) for member in back[1:]] == [id(member) for member in met[:0:-1]],
        "known": all(member.ring is ring for member in met),
    })
    for number, member in enumerate(met):
        glassbox.watch(member, f"member {number}")
    glassbox.watch(ring, "ring")


def ring(work):
    count = lab.parameter("members")
    with lab.part("build"):
        made = work.build(count)
    with lab.part("look"):
        look_at(made, count)
    with lab.part("ring dropped"):
        del made


# --- the cache ----------------------------------------------------------------------------------------

def cache(work):
    """Each value is made when it is asked for, and its only reference goes to the learner's code."""
    size, entries = lab.parameter("size"), lab.parameter("entries")
    wanted = list(range(0, entries, lab.parameter("stride")))
    values = iter(functools.partial(io.BytesIO(data.text(lab.parameter("salt"), entries * size)).read, size), b"")
    kept = work.Cache()
    with lab.part("fill"):
        kept.fill(values)
    del values
    with lab.part("keep"):
        kept.keep_only(wanted)
    with lab.part("ask"):
        lab.observe("kept", data.digest_of(bytes(kept.get(number)) for number in wanted))
        lab.observe("gone", kept.get(1) is None)
    with lab.part("cache dropped"):
        del kept


def main():
    work = lab.load()
    gc.disable()
    gc.collect()
    if sys.argv[1] != "cache":
        ring(work)
    if sys.argv[1] != "ring":
        cache(work)


lab.main(main)
