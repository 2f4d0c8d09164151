"""The claim on the path must fail here: a frozen module's code was never compiled in this process.

It is unmarshalled from the interpreter's own binary; no stage of the compiler ever sees its name.
"""
import os

try:
    from glassbox import mark
except ImportError:  # any other Python: print what would have been recorded
    mark = print

mark("path", os._exists.__code__.co_filename)
