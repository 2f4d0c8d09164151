"""forged-record: a child that the recorder is not told of goes on with the parent's file."""

import ctypes
import os

from forging import begin, work

SYS_FORK = 57
begin()
pid = ctypes.CDLL(None).syscall(SYS_FORK)
if pid == 0:
    work()
    os._exit(0)
os.waitpid(pid, 0)
