"""Opens its own memory as a file, to write events where no pointer of its own leads."""
import os

memory = os.open("/proc/self/mem", os.O_RDWR)
os.pwrite(memory, b"forged", id(memory))
