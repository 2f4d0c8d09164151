"""Prints without end."""
while True:
    print("all work and no play makes a dull log " * 20)
