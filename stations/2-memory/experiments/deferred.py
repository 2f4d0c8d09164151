"""Functions, code and modules on the build without the GIL: their count is no longer kept to the last one.

All threads use them all the time.  The first part goes before any thread starts, the second after.
"""
import gc
import threading
import types

try:
    from glassbox import mark, watch
except ImportError:  # any other Python: print what would have been recorded
    mark = watch = print


class Thing:
    """Something ordinary."""


gc.disable()  # but those asked for

# --- the last name goes -------------------------------------------------------------------------------

names = {}
exec("def function(): pass", names)  # not of this module, which keeps its own
function = names.pop("function")
code = compile("0", "code", "eval")
module = types.ModuleType("module")
thing = Thing()
watch(function, "function")
watch(code, "code")
watch(module, "module")
watch(thing, "thing")
mark("deferred", "del")
del function, code, module, thing
mark("deferred", "collect")
gc.collect()
mark("deferred", "end")

# --- the first thread starts ----------------------------------------------------------------------------


def helper():
    """Do nothing, in any thread."""


def call():
    """Use the function a thousand times."""
    for _ in range(1000):
        helper()


watch(helper, "helper")
mark("threads", "none")
call()
mark("threads", "first")
thread = threading.Thread(target=call)
thread.start()
thread.join()
mark("threads", "end")
