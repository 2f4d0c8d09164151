"""The course's own program: compile a small function and look at it.

The first listing is the course's, word for word.  Nobody has called f yet, so adaptive=True has
nothing to show: every opcode is still the general one.  The second listing is taken after two calls.
"""
import dis

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print


def f(x):
    return x * x + 1


mark("path", f.__code__.co_filename)
mark("course", "before any call")
dis.dis(f, adaptive=True)
print(f.__code__.co_consts, f.__code__.co_names, f.__code__.co_varnames)

mark("course", "two calls")
f(3)
f(3)

mark("course", "after two calls")
dis.dis(f, adaptive=True)
mark("course", "end")
