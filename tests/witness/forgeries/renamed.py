"""altered-record: another name for a function that ran."""

import ctypes

from forging import NAMES, begin, committed, segment

begin()
at = segment(NAMES)
found = ctypes.string_at(at, committed(at).value).find(b"nothing")
ctypes.memmove(at + found, b"someone", 7)
