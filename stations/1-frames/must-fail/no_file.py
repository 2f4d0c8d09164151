"""The claim on the path must fail here: the source is a string, which is compiled but never was a file.
"""
try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

exec(compile("def f(x):\n    return x * x + 1\n", "a string", "exec"))
mark("path", "a string")
