"""Objects whose count never moves.

None and another object are handled alike; both are watched.
"""
try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


def handle(thing):
    """Take a thousand references, and let them go."""
    kept = [thing for _ in range(1000)]
    del kept


nothing = None
something = object()
watch(nothing, "nothing")
watch(something, "something")
mark("something", "begin")
handle(something)
mark("something", "end")
mark("nothing", "begin")
handle(nothing)
mark("nothing", "end")
