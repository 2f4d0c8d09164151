"""The station's own C library: where it is, as a module and as a shared library.

The Makefile builds it from library/rows.c for each build of Python.
"""
import ctypes
import importlib.machinery
import importlib.util
import pathlib
import sys
import sysconfig
from types import ModuleType

STATION = pathlib.Path(__file__).resolve().parent.parent
ROOT = STATION.parent.parent
BUILD = "ft" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"
BUILT = ROOT / "build" / "stations" / "5-buffers" / BUILD / "rows.so"
INSTALLED = STATION / "library" / BUILD / "rows.so"
PATH = INSTALLED if INSTALLED.exists() else BUILT


def module() -> ModuleType:
    """The module `rows`."""
    if not PATH.exists():
        sys.exit(f"the C library is not built: make {PATH.relative_to(ROOT)}")
    loader = importlib.machinery.ExtensionFileLoader("rows", str(PATH))
    spec = importlib.util.spec_from_file_location("rows", PATH, loader=loader)
    found = importlib.util.module_from_spec(spec)
    loader.exec_module(found)
    return found


def function():
    """rows_weighted(), as ctypes sees it: an address and two sizes."""
    found = ctypes.CDLL(str(PATH)).rows_weighted
    found.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_ssize_t]
    found.restype = ctypes.c_double
    return found
