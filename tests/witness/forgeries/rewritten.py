"""missing-record: a record is taken away, and the next one takes its place."""

from forging import RECORD, begin, committed, segment, work

begin()
length = committed(segment())
length.value -= RECORD
work()
