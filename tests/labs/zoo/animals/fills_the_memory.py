"""Keeps what it gets, without end."""
kept = []
while True:
    kept.append(bytearray(4 << 20))
