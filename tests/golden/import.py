"""The import of a module of two lines: found, read, compiled stage by stage, run; and once more."""
# record: events=import+compile+mark
import sys

import glassbox

sys.path.insert(0, __file__.rpartition("/")[0] + "/modules")
glassbox.mark("begin")
import two_lines  # noqa: E402
import two_lines  # noqa: E402, F811
try:
    import no_such_module  # noqa: F401
except ImportError:
    pass
glassbox.mark("end")
