"""altered-record: the header says that more was lost than was."""

import ctypes

from forging import begin, header

begin()
ctypes.c_uint64.from_address(header() + 1200).value += 1
