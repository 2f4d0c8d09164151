"""replaced-trace: a copy in the file's place, byte for byte the same."""

import os

from forging import PATH, begin

begin()
with open(PATH, "rb") as file:
    copy = file.read()
os.unlink(PATH)
with open(PATH, "wb") as file:
    file.write(copy)
os._exit(0)
