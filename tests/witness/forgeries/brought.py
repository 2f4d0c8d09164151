"""code-written: code of its own, in memory that it can write to."""

import mmap
import time

from forging import begin

begin()
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(b"\xc3")
for _ in range(100):
    time.sleep(0.001)
