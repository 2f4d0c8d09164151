"""An independent reader of traces, for the tests of the interpreter side.

It reads by the tables that a trace carries and knows no event by itself.  It is the second witness
beside the runner's reader in C: small, slow, and written from the format's description alone.  It must
not be used for anything but tests.
"""

import collections
import os
import struct
import subprocess
import sys
import sysconfig
import unittest

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
specializing = unittest.skipIf(
    FREE_THREADED, "cannot run here: the specializer is off on the free-threaded build")

GRANULE = 16384
SEGMENT = struct.Struct("<IBBBBIIIIQQQQQQ")      # magic, kind, -, size, thread, sequence, interp, …
ENUM, TYPE, WATCH, INT = 12, 21, 22, 23           # enum gbx_kind
Event = collections.namedtuple("Event", "thread name fields")
Type = collections.namedtuple("Type", "name basic_size item_size flags address")


def _text(raw):
    return raw.split(b"\0", 1)[0].decode()


class Trace:
    """Everything in one file: events per thread in order, names, counters."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:8] != b"GLASSBOX":
            raise ValueError(f"{path} is no trace")
        self.run_id = self.data[24:40]
        self.pid, self.parent_pid = struct.unpack_from("<II", self.data, 40)
        self.clock, self.mode, self.build = self.data[56:59]
        self.allocated, self.lost_unattached = struct.unpack_from("<QQ", self.data, 1192)
        self.state, self.error = struct.unpack_from("<II", self.data, 1232)
        self._read_tables()
        self.strings, self.codes, self.opcodes, self.reasons = {}, {}, {}, {}
        self.types, self.watches = {}, {}                 # id -> name
        self.thread_names = {}                            # thread id -> name, "" where none
        self.type_info = {}                               # id -> Type
        self.tables = {}                                  # code id -> (first line, location table)
        self.threads = collections.defaultdict(list)      # thread id -> [Event]
        self.lost = self.overwritten = 0
        self.packed = 0                                   # records that were, and are shown in full
        self._read_segments()

    def _read_tables(self):
        (self.header_size,) = struct.unpack_from("<I", self.data, 16)
        tables = struct.unpack_from("<8I", self.data, 104)
        self.sizes, self.names = {}, {}
        for i in range(tables[3]):
            at = tables[2] + 32 * i
            event, _, size, _ = self.data[at:at + 4]
            self.names[event] = _text(self.data[at + 4:at + 32])
            self.sizes[event] = size
        self.fields = collections.defaultdict(list)
        self.kinds = {}                                   # (event, field) -> enum gbx_kind
        self.enums, self.labels = {}, {}                  # (event, field) -> enum; (enum, value) -> label
        for i in range(tables[5]):
            at = tables[4] + 32 * i
            event, offset, width, kind, detail = self.data[at:at + 5]
            name = _text(self.data[at + 8:at + 32])
            self.fields[event].append((name, offset, width, kind == INT))
            self.kinds[self.names[event], name] = kind
            if kind == ENUM:
                self.enums[self.names[event], name] = detail
        for i in range(tables[7]):
            at = tables[6] + 32 * i
            self.labels[self.data[at], self.data[at + 1]] = _text(self.data[at + 4:at + 32])

    def _read_segments(self):
        segments = []
        at = self.header_size
        while at + SEGMENT.size <= len(self.data):
            head = SEGMENT.unpack_from(self.data, at)
            if head[0] != 0x53584247:
                at += GRANULE
                continue
            segments.append((at, head))
            at += head[5]
        segments.sort(key=lambda s: (s[1][1] != 2, s[1][6], s[1][7]))     # names first: unpacking needs them
        for at, head in segments:
            begin, end = at + 112, at + head[9]
            if head[1] == 2:
                self._read_names(begin, end)
            else:
                self._read_events(head[6], begin, end)
                self.lost += head[10]
                self.overwritten = max(self.overwritten, head[11])

    def _read_names(self, at, end):
        while at < end:
            kind, size, ident, length = struct.unpack_from("<BxxxIII", self.data, at)
            payload = self.data[at + 16:at + 16 + length]
            if kind == 1:
                self.strings[ident] = payload.decode()
            elif kind == 2:
                name_length = struct.unpack_from("<I", payload, 16)[0]
                self.codes[ident] = payload[40:40 + name_length].decode()
                file_length, table_length = struct.unpack_from("<II", payload, 20)
                table = 40 + name_length + file_length
                self.tables[ident] = (struct.unpack_from("<I", payload)[0],
                                      payload[table:table + table_length])
            elif kind == 3:
                self.thread_names[ident] = payload[16:].decode()
            elif kind == 4:
                self.opcodes[ident] = payload.decode()
            elif kind == 5:
                self.reasons[ident] = payload.decode()
            elif kind == 7:
                self.types[ident] = payload[32:].decode()
                self.type_info[ident] = Type(self.types[ident], *struct.unpack_from("<QQQQ", payload))
            elif kind == 8:
                self.watches[ident] = payload[16:].decode()
            at += size

    def _unpack(self, name, what, where, sites):
        """The full form of a packed record: its name and its fields."""
        name = name.removesuffix("_packed")
        more, address = where & 15, where & ~15
        if name == "alloc.block_alloc":
            code, offset = sites[more >> 3]
            return name, {"domain": 1 + (more >> 2 & 1), "size": what | (more & 3) << 8, "code": code,
                          "address": address, "offset": offset}
        if name == "obj.destroy":
            return name, {"type": what, "address": address}
        info = self.type_info[what]
        return name, {"type": what, "size": info.basic_size + more * info.item_size, "address": address}

    def _read_events(self, thread, at, end):
        sites = [None, None]                              # of the last whole blocks, the latest first
        while at < end:
            event = self.data[at]
            size = self.sizes[event]
            name = self.names[event]
            if name.endswith("_packed"):
                name, fields = self._unpack(name, self.data[at + 1],
                                            int.from_bytes(self.data[at + 2:at + 8], "little"), sites)
                self.packed += 1
                self.threads[thread].append(Event(thread, name, fields))
                at += size
                continue
            fields = {name: int.from_bytes(self.data[at + offset:at + offset + width], "little", signed=sign)
                      for name, offset, width, sign in self.fields[event]}
            if name == "alloc.block_alloc":
                sites = [(fields["code"], fields["offset"]), sites[0]]
            self.threads[thread].append(Event(thread, name, fields))
            at += size

    @property
    def events(self):
        return [event for thread in sorted(self.threads) for event in self.threads[thread]]

    def named(self, *names):
        return [event for event in self.events if event.name in names]

    def code(self, event):
        return self.codes.get(event.fields.get("code"), "?")

    def type(self, event):
        """The name of the type in an event's field `type`."""
        return self.types.get(event.fields["type"], "?")

    def line(self, code, offset):
        """The line of an instruction, by the interpreter's own reading of the table."""
        first, table = self.tables[code]
        blank = compile("", "", "exec").replace(co_firstlineno=first, co_linetable=table,
                                                co_code=b"\t\0" * (offset + 1))
        return list(blank.co_positions())[offset][0]

    def label(self, event, field):
        """The name of an enumerated field's value."""
        return self.labels[self.enums[event.name, field], event.fields[field]]

    def text(self, event, field="name"):
        """What a field names; the name of a record about a watched object is the object's."""
        if field not in event.fields and field == "name":
            field = "watch"
        names = {TYPE: self.types, WATCH: self.watches}.get(self.kinds[event.name, field], self.strings)
        return names.get(event.fields[field], "?")

    def between_marks(self, first, last):
        """The events of the marking thread between two marks."""
        for events in self.threads.values():
            marks = {self.strings[e.fields["name"]]: i for i, e in enumerate(events)
                     if e.name == "mark.mark"}
            if first in marks and last in marks:
                return events[marks[first] + 1:marks[last]]
        raise LookupError(f"no marks {first!r}, {last!r}")


def run(program, *arguments, path="t.gbx", options="", env=None, status=0, via="-X"):
    """Run a program text under this interpreter with a recording; returns (Trace, output)."""
    return run_command("-c", program, *arguments, path=path, options=options, env=env,
                       status=status, via=via)


def run_command(*arguments, path="t.gbx", options="", env=None, status=0, via="-X", stdin=None):
    """Run this interpreter with these arguments and a recording; returns (Trace, output)."""
    spec = path + (":" + options if options else "")
    full = dict(os.environ, **(env or {}))
    command = [sys.executable]
    if via == "-X":
        command += ["-X", "glassbox=" + spec]
    else:
        full["PYTHONGLASSBOX"] = spec
    done = subprocess.run([*command, *arguments], env=full, text=True, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if status is not None and done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {done.stdout}")
    return (Trace(path) if os.path.exists(path) else None), done.stdout
