"""Ends the process above it."""
import os
import signal

os.kill(os.getppid(), signal.SIGKILL)
