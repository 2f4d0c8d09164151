"""The claim on tracebacks must fail here: the exception goes as soon as it is handled.
"""
try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


class Cargo:
    pass


def fails():
    cargo = Cargo()
    watch(cargo, "cargo")
    raise ValueError("on purpose")


mark("traceback", "begin")
try:
    fails()
except ValueError:
    pass
mark("traceback", "handled")
mark("traceback", "cleared")
mark("traceback", "end")
