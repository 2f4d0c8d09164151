"""Ends every process that it may: they are its own alone."""
import os
import signal

try:
    os.kill(-1, signal.SIGKILL)
except ProcessLookupError:
    pass
os.kill(os.getpid(), signal.SIGKILL)
