"""Twelve lives. Six of them are yours: task.md says which, and in which order.

Each function makes one thing that is watched, under the name it is given, and
does something with it. No collection runs meanwhile. After all six there is
one, of everything. Then FRAMES is emptied, then CACHES, and GRAVES last.

This file is the harness's own. You may read it, run it and change your copy;
what you change here is not handed in.
"""
import functools
import gc
import weakref

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print

FRAMES, CACHES, GRAVES = [], [], []


class Thing:
    """Something that can hold others."""


class Stubborn(Thing):
    """One that does not go quietly."""

    def __del__(self):
        GRAVES.append(self)


class Polite(Thing):
    """One that says good-bye, and goes."""

    def __del__(self):
        self.said = "good-bye"


def alone(name):
    thing = Thing()
    watch(thing, name)


def couple(name):
    left, right = Thing(), Thing()
    left.other, right.other = right, left
    watch(left, name)


def vain(name):
    thing = Thing()
    thing.mirror = [thing]
    watch(thing, name)
    thing.mirror.clear()


def stubborn(name):
    thing = Stubborn()
    watch(thing, name)


def polite(name):
    left, right = Polite(), Polite()
    left.other, right.other = right, left
    watch(left, name)


def number(name):
    thing = 211
    watch(thing, name)
    pair = [thing, thing]
    pair.clear()


def waiting(name):
    def numbers():
        thing = Thing()
        watch(thing, name)
        yield 1
        del thing

    generator = numbers()
    next(generator)
    FRAMES.append(generator)


def failed(name):
    def fails():
        thing = Thing()
        watch(thing, name)
        raise ValueError("on purpose")

    try:
        fails()
    except ValueError as error:
        FRAMES.append(error)


def regretted(name):
    try:
        thing = Thing()
        watch(thing, name)
        raise ValueError("on purpose")
    except ValueError as error:
        reason = error
    return str(reason)


def remembered(name):
    @functools.lru_cache
    def size(thing):
        return 1

    thing = Thing()
    watch(thing, name)
    size(thing)
    CACHES.append(size)


def known(name):
    addresses = weakref.WeakValueDictionary()
    thing = Thing()
    watch(thing, name)
    addresses[name] = thing
    CACHES.append(addresses)


def enclosed(name):
    thing = Thing()
    watch(thing, name)

    def tell():
        return thing

    tell()


def live(lives, part):
    """All of it, in order; `part` brackets each step."""
    gc.disable()
    gc.collect()
    for name, life in lives.items():
        with part(f"life {name}"):
            globals()[life](name)
    with part("collection"):
        gc.collect()
    with part("frames"):
        FRAMES.clear()
    with part("caches"):
        for cache in CACHES:
            if hasattr(cache, "cache_clear"):
                cache.cache_clear()
        CACHES.clear()
    with part("graves"):
        GRAVES.clear()


if __name__ == "__main__":
    import contextlib

    @contextlib.contextmanager
    def step(name):
        mark("part", f"{name} begin")
        yield
        mark("part", f"{name} end")

    live({life: life for life in ("alone", "couple")}, step)  # put yours here
