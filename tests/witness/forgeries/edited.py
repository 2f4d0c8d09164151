"""altered-record: another function in a record that is there."""

import ctypes

from forging import begin, segment

begin()
ctypes.c_uint32.from_address(segment() + 112 + 8).value += 1
