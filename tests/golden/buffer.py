"""Memory that is lent, looked at in another shape, refused, and given back."""
# record: events=buf+mark
from glassbox import mark

numbers = bytearray(range(24))
mark("begin")
view = memoryview(numbers)
table = view.cast("H", [3, 4])
mark("refused")
for asked in view[::2], 7:
    try:
        b"".join([asked])
    except (TypeError, BufferError):
        pass
del asked
try:
    numbers.append(1)
except BufferError:
    pass
mark("given back")
table.release()
view.release()
numbers.append(1)
mark("end")
