"""replaced-trace: the file is gone."""

import os

from forging import PATH, begin

begin()
os.unlink(PATH)
