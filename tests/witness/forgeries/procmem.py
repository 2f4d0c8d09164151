"""forged-record: the same through the kernel's door to a process's memory."""

import os

from forging import RECORD, begin, committed, segment

begin()
at = segment()
length = committed(at)
memory = os.open("/proc/self/mem", os.O_RDWR)
os.pwrite(memory, os.pread(memory, RECORD, at + length.value - RECORD), at + length.value)
os.pwrite(memory, (length.value + RECORD).to_bytes(8, "little"), at + 24)
os._exit(0)
