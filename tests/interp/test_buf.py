"""Buffers: who lends memory to whom, what of it is to be seen, and when it is given back.

Each recording is also put to the runner's invariants (glassbox stat), which match releases with exports and
count them as the exporters do.  memoryviews and methods of Python are in test_buf_views.py, functions that ask
in test_buf_callers.py, refusals and memory that cannot be resized because it is lent in test_buf_refused.py.
"""

import json
import os
import subprocess
import sys
import textwrap
import unittest

import traces

GLASSBOX = os.environ.get("GLASSBOX", "glassbox")
HEAD = """\
import array, ctypes, gc, io, mmap, pickle, threading, glassbox
from glassbox import mark
def address(object):
    return ctypes.addressof(ctypes.c_char.from_buffer(object))
"""
BEFORE = HEAD.count("\n")                 # lines before a body
WRITABLE, FORMAT, ND, STRIDES, C, F, ANY, INDIRECT = 1, 4, 8, 24, 56, 88, 152, 280
READONLY, IS_C, IS_F, SHAPE, HAS_STRIDES, SUBOFFSETS, PASSED_ON = 1, 2, 4, 8, 16, 32, 64


def record(body, options="events=buf+mark", path="t.gbx", status=0):
    return traces.run(HEAD + textwrap.dedent(body), options=options, path=path, status=status)


def invariants(path="t.gbx"):
    """What `glassbox stat` says of the class's invariants, by key."""
    done = subprocess.run([GLASSBOX, "stat", "--json", path], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    found = json.loads(done.stdout)["invariants"]
    return {i["key"]: i for i in found if i["key"] in ("exports", "exported", "views")}


class Sound(unittest.TestCase):
    """A recording whose exports, releases and counts match."""

    def between(self, body, first="a", last="b", **keys):
        """The events between two marks of a body, and the trace; the class's only."""
        self.trace, self.output = record(body, **keys)
        self.check()
        return [e for e in self.trace.between_marks(first, last) if e.name.startswith("buf.")]

    def check(self, path="t.gbx"):
        for key, invariant in invariants(path).items():
            self.assertEqual(invariant["violations"], 0, f"{key}: {invariant}")

    def names(self, events):
        return [e.name.removeprefix("buf.") for e in events]

    def one(self, events, name):
        found = [e for e in events if e.name == name]
        self.assertEqual(len(found), 1, f"{name}: {self.names(events)}")
        return found[0]

    def shape(self, events, of):
        """(extents, strides) told after an event."""
        axes = []
        for event in events[events.index(of) + 1:]:
            if event.name != "buf.axis":
                break
            axes.append(event.fields)
        self.assertEqual([a["axis"] for a in axes], list(range(len(axes))))
        return [a["extent"] for a in axes], [a["stride"] for a in axes]


class Exports(Sound):
    """Every way to get a buffer."""

    def test_an_export_and_its_release(self):
        events = self.between("""
            b = bytearray(b'hello world')
            mark('address', address(b)); gc.collect()
            mark('a')
            m = memoryview(b)
            m.release()
            mark('b')
            """)
        got, given = self.one(events, "buf.get"), self.one(events, "buf.release")
        fields = got.fields
        self.assertEqual(self.trace.type(got), "bytearray")
        self.assertEqual(self.trace.text(got, "exporter_type"), "bytearray")
        self.assertEqual(fields["object"], fields["exporter"])
        self.assertEqual(fields["counter"], fields["exporter"])
        self.assertEqual((fields["exports"], given.fields["exports"]), (1, 0))
        self.assertEqual(fields["asked"], FORMAT | INDIRECT)
        self.assertEqual(fields["state"], IS_C | IS_F | SHAPE | HAS_STRIDES)
        self.assertEqual((fields["length"], fields["itemsize"], fields["ndim"]), (11, 1, 1))
        self.assertEqual(self.trace.text(got, "format"), "B")
        self.assertEqual(self.shape(events, got), ([11], [1]))
        marked = [e for e in self.trace.named("mark.mark") if self.trace.text(e) == "address"]
        self.assertEqual(fields["address"], marked[0].fields["value"])
        self.assertEqual(self.trace.label(got, "how"), "api")
        self.assertEqual([self.trace.line(e.fields["code"], e.fields["offset"]) for e in (got, given)],
                         [BEFORE + 5, BEFORE + 6])
        for key in ("view", "exporter", "address"):
            self.assertEqual(fields[key], given.fields[key], key)
        self.assertNotEqual(fields["by"], 0)
        self.assertNotEqual(given.fields["by"], 0)

    def test_each_c_function_that_asks_has_a_place_of_its_own(self):
        events = self.between("""
            b = bytearray(b'x')
            mark('a')
            for i in range(2): bytes(b); memoryview(b).release()
            mark('b')
            """)
        by = [e.fields["by"] for e in events if e.name == "buf.get"]
        self.assertEqual(by[:2], by[2:])
        self.assertNotEqual(by[0], by[1])

    def test_every_exporter(self):
        """Type, whether it counts, format, item size, number of items, read-only."""
        made = {
            "b'abc'": ("bytes", False, "B", 1, 3, True),
            "bytearray(3)": ("bytearray", True, "B", 1, 3, False),
            "array.array('d', [1, 2])": ("array.array", True, "d", 8, 2, False),
            "mmap.mmap(-1, 4096)": ("mmap.mmap", True, "B", 1, 4096, False),
            "(ctypes.c_int * 5)()": ("c_int_Array_5", False, "<i", 4, 5, False),
            "memoryview(b'abc')[1:]": ("memoryview", True, "B", 1, 2, True),
        }
        body = "".join(f"x = {text}\nmark('a{i}')\ny = pickle.PickleBuffer(x)\ny.release()\nmark('b{i}')\n"
                       for i, text in enumerate(made))
        self.trace, _ = record(body)
        self.check()
        for i, (text, (name, counts, form, itemsize, items, readonly)) in enumerate(made.items()):
            with self.subTest(text):
                events = self.trace.between_marks(f"a{i}", f"b{i}")
                got, given = self.one(events, "buf.get"), self.one(events, "buf.release")
                self.assertEqual(self.trace.text(got, "exporter_type"), name)
                self.assertEqual(self.trace.text(given, "exporter_type"), name)
                self.assertEqual(got.fields["counter"] != 0, counts)
                self.assertEqual(got.fields["exports"], int(counts))
                self.assertEqual(self.trace.text(got, "format"), form)
                self.assertEqual((got.fields["itemsize"], got.fields["length"]), (itemsize, itemsize * items))
                self.assertEqual(bool(got.fields["state"] & READONLY), readonly)
                self.assertEqual(self.shape(events, got)[0], [items])

    def test_bytesio_counts_for_what_stands_for_it(self):
        events = self.between("""
            f = io.BytesIO(b'abc'); mark('f', id(f))
            mark('a'); v = f.getbuffer(); w = f.getbuffer(); v.release(); w.release(); mark('b')
            """)
        self.assertEqual([e.fields["exports"] for e in events if e.name in ("buf.get", "buf.release")],
                         [1, 2, 1, 0])
        (marked,) = [e for e in self.trace.named("mark.mark") if self.trace.text(e) == "f"]
        gets = [e for e in events if e.name == "buf.get"]
        for got in gets:
            self.assertEqual(self.trace.text(got, "exporter_type"), "_io._BytesIOBuffer")
            self.assertEqual(got.fields["counter"], marked.fields["value"])
        self.assertNotEqual(*(got.fields["exporter"] for got in gets))

    def test_what_is_asked_for_is_what_is_got(self):
        """The flags, and what they leave out."""
        testbuffer = "import _testbuffer\nnd = _testbuffer.ndarray\n"
        events = self.between(testbuffer + textwrap.dedent("""
            x = nd(list(range(12)), shape=[3, 4], format='h', flags=_testbuffer.ND_WRITABLE)
            mark('a')
            for flags in (_testbuffer.PyBUF_SIMPLE, _testbuffer.PyBUF_ND, _testbuffer.PyBUF_STRIDES,
                          _testbuffer.PyBUF_FULL):
                y = nd(x, getbuf=flags); del y
            mark('b')
            """))
        gets = [e for e in events if e.name == "buf.get"]
        self.assertEqual([e.fields["asked"] for e in gets], [0, ND, STRIDES, WRITABLE | FORMAT | INDIRECT])
        self.assertEqual([e.fields["state"] & (SHAPE | HAS_STRIDES) for e in gets],
                         [0, SHAPE, SHAPE | HAS_STRIDES, SHAPE | HAS_STRIDES])
        self.assertEqual(self.shape(events, gets[1]), ([3, 4], [0, 0]))
        self.assertEqual(self.shape(events, gets[3]), ([3, 4], [8, 2]))
        self.assertEqual([self.trace.text(e, "format") for e in gets], ["?", "?", "?", "h"])

    def test_contiguity(self):
        events = self.between("""
            import _testbuffer
            nd = _testbuffer.ndarray
            c = nd(list(range(12)), shape=[3, 4], format='B')
            f = nd(list(range(12)), shape=[3, 4], format='B', flags=_testbuffer.ND_FORTRAN)
            every_other = nd(list(range(12)), shape=[6], strides=[2], format='B')
            pil = nd(list(range(12)), shape=[3, 4], format='B', flags=_testbuffer.ND_PIL)
            mark('a')
            for x in (c, f, every_other, pil):
                memoryview(x).release()
            mark('b')
            """)
        layouts = [e for e in events if e.name == "buf.view_layout"]
        self.assertEqual([e.fields["state"] & (IS_C | IS_F | SUBOFFSETS) for e in layouts],
                         [IS_C, IS_F, 0, SUBOFFSETS])
        self.assertEqual([self.shape(events, e)[1] for e in layouts[:3]], [[4, 1], [1, 3], [2]])
        gets = [e for e in events if e.name == "buf.get"]
        self.assertEqual([e.fields["state"] & (IS_C | IS_F | SUBOFFSETS) for e in gets],
                         [IS_C, IS_F, 0, SUBOFFSETS])

    def test_a_request_that_is_passed_on_is_one_export(self):
        events = self.between("""
            b = bytearray(3); p = pickle.PickleBuffer(b)
            mark('a'); m = memoryview(p); m.release(); mark('b')
            """)
        inner, outer = [e for e in events if e.name == "buf.get"]
        self.assertEqual([self.trace.type(e) for e in (inner, outer)], ["bytearray", "pickle.PickleBuffer"])
        self.assertEqual([self.trace.text(e, "exporter_type") for e in (inner, outer)],
                         ["bytearray", "bytearray"])
        self.assertEqual([bool(e.fields["state"] & PASSED_ON) for e in (inner, outer)], [False, True])
        self.assertEqual(inner.fields["view"], outer.fields["view"])
        self.assertEqual(self.one(events, "buf.release").fields["exports"], 1)    # the PickleBuffer's own

    def test_bytes_that_are_joined_are_lent_by_hand(self):
        events = self.between("x = [b'ab', bytearray(b'c'), b'd']\nmark('a'); bytes(1).join(x); mark('b')")
        gets = [e for e in events if e.name == "buf.get"]
        self.assertEqual([self.trace.label(e, "how") for e in gets], ["fill", "api", "fill"])
        self.assertEqual([e.fields["length"] for e in gets], [2, 1, 1])
        self.assertEqual(len([e for e in events if e.name == "buf.release"]), 3)

    def test_text_is_lent_where_nobody_is_asked(self):
        events = self.between("import codecs\nmark('a'); codecs.readbuffer_encode('text'); mark('b')")
        got = self.one(events, "buf.get")
        self.assertEqual((self.trace.label(got, "how"), self.trace.type(got), got.fields["length"]),
                         ("fill", "str", 4))
        self.assertEqual(self.names(events), ["get", "release"])

    def test_the_older_functions(self):
        events = self.between("""
            api = ctypes.pythonapi; o = ctypes.py_object
            p, n = ctypes.c_void_p(), ctypes.c_ssize_t()
            b = bytearray(5); q, r = o(b), (ctypes.byref(p), ctypes.byref(n))
            check, write, read = api.PyObject_CheckReadBuffer, api.PyObject_AsWriteBuffer, api.PyObject_AsReadBuffer
            mark('a'); check(q); write(q, *r); read(q, *r); mark('b')
            """)
        gets = [e for e in events if e.name == "buf.get"]
        self.assertEqual([(self.trace.label(e, "how"), e.fields["asked"]) for e in gets],
                         [("check", 0), ("write", WRITABLE), ("api", 0)])
        self.assertEqual(self.names(events), ["get", "release"] * 3)

    def test_buffer_as_a_method_of_a_type_of_c(self):
        events = self.between("""
            b = bytearray(b'abc')
            mark('a'); m = b.__buffer__(0); b.__release_buffer__(m); mark('b')
            """)
        got = self.one(events, "buf.get")
        self.assertEqual((self.trace.label(got, "how"), got.fields["asked"]), ("method", 0))
        self.assertEqual(self.trace.label(self.one(events, "buf.view_layout"), "how"), "object")
        self.assertEqual(self.one(events, "buf.release").fields["exports"], 0)

    def test_nothing_is_told_of_a_buffer_that_nobody_wants(self):
        """An exporter may be asked with no Py_buffer at all."""
        try:
            import _testcapi  # noqa: F401
        except ImportError:
            raise unittest.SkipTest("cannot run here: no _testcapi") from None
        events = self.between("""
            import _testcapi
            mark('a')
            for x in (bytearray(1), (ctypes.c_int * 2)()):
                try: _testcapi.getbuffer_with_null_view(x)
                except BufferError: pass
                except SystemError: pass
            mark('b')
            """)
        self.assertNotIn("get", self.names(events))

    def test_what_was_not_asked_for_is_not_looked_at(self):
        """An exporter that leaves it as it was, against the protocol: who asked would never have looked."""
        events = self.between("""
            class Py_buffer(ctypes.Structure):
                _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                            ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int)] + [
                            (name, ctypes.c_void_p) for name in ("format", "shape", "strides", "suboffsets", "internal")]
            class Slot(ctypes.Structure):
                _fields_ = [("slot", ctypes.c_int), ("function", ctypes.c_void_p)]
            class Spec(ctypes.Structure):
                _fields_ = [("name", ctypes.c_char_p), ("basicsize", ctypes.c_int), ("itemsize", ctypes.c_int),
                            ("flags", ctypes.c_uint), ("slots", ctypes.POINTER(Slot))]
            memory = ctypes.create_string_buffer(b"abcd", 4)
            @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.POINTER(Py_buffer), ctypes.c_int)
            def lend(self, view, flags):
                view[0] = Py_buffer(ctypes.addressof(memory), id(self), 4, 1, 1, 77, 8, 16, 24, 32, 0)
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(self))
                return 0
            slots = (Slot * 2)(Slot(1, ctypes.cast(lend, ctypes.c_void_p)), Slot(0, None))
            spec = Spec(b"careless.Exporter", object.__basicsize__, 0, 0, slots)
            ctypes.pythonapi.PyType_FromSpec.restype = ctypes.py_object
            exporter = ctypes.pythonapi.PyType_FromSpec(ctypes.byref(spec))()
            mark('a'); assert b'-'.join([exporter]) == b'abcd'; mark('b')
            """)
        got = self.one(events, "buf.get")
        self.assertEqual((self.trace.type(got), got.fields["asked"], got.fields["length"]), ("careless.Exporter", 0, 4))
        self.assertEqual(got.fields["state"] & (SHAPE | HAS_STRIDES | SUBOFFSETS), 0)
        self.assertEqual(self.trace.text(got, "format"), "?")

    def test_memory_that_an_extension_tells_of(self):
        """Whether or not tracemalloc listens."""
        try:
            import _testcapi  # noqa: F401
        except ImportError:
            raise unittest.SkipTest("cannot run here: no _testcapi") from None
        for listens in ("", "import tracemalloc; tracemalloc.start()"):
            events = self.between(f"import _testcapi; {listens}\n" + textwrap.dedent("""
                mark('a')
                try: _testcapi.tracemalloc_track(7, 0x7f1234560, 800)
                except RuntimeError: pass
                try: _testcapi.tracemalloc_untrack(7, 0x7f1234560)
                except RuntimeError: pass
                mark('b')
                """))
            new, free = self.one(events, "buf.memory_new"), self.one(events, "buf.memory_free")
            self.assertEqual((new.fields["domain"], new.fields["size"]), (7, 800))
            self.assertEqual([e.fields["address"] for e in (new, free)], [0x7f1234560] * 2)
            self.assertEqual(self.trace.code(new), "<module>")
            self.assertNotEqual(new.fields["by"], 0)

    def test_a_join_pins_the_separator(self):
        events = self.between("""
            b = bytearray(b',')
            mark('a'); b.join([b'a', b'b']); mark('b')
            """)
        pin, unpin = self.one(events, "buf.pin"), self.one(events, "buf.unpin")
        self.assertEqual((pin.fields["exports"], unpin.fields["exports"]), (1, 0))
        self.assertEqual([e for e in events if e.fields.get("counter") == pin.fields["object"]], [])
        self.assertEqual(self.trace.type(pin), "bytearray")

    def test_between_interpreters(self):
        try:
            import _interpreters  # noqa: F401
        except ImportError:
            raise unittest.SkipTest("cannot run here: no _interpreters") from None
        events = self.between("""
            import _interpreters
            i = _interpreters.create(); b = bytearray(4); m = memoryview(b)
            _interpreters.run_string(i, 'import _interpreters')
            mark('a')
            _interpreters.set___main___attrs(i, {'m': m})
            _interpreters.run_string(i, 'm[0] = 7; del m')
            mark('b')
            m.release()
            assert b[0] == 7
            """)
        types = [self.trace.text(e, "exporter_type") for e in events if e.name == "buf.get"]
        self.assertIn("memoryview", types)
        self.assertIn("_interpreters.CrossInterpreterBufferView", types)


class Whole(Sound):
    """The story as a whole."""

    def test_exports_that_were_out_before_a_late_recording(self):
        program = HEAD + textwrap.dedent("""
            b = bytearray(4); m = memoryview(b); f = io.BytesIO(b'abc'); v = f.getbuffer()
            glassbox.start('late.gbx:events=buf+mark')
            n = memoryview(b); m.release(); n.release(); v.release()
            glassbox.stop()
            """)
        subprocess.run([sys.executable, "-c", program], check=True)
        self.check("late.gbx")
        trace = traces.Trace("late.gbx")
        self.assertEqual([e.fields["exports"] for e in trace.named("buf.get", "buf.release")], [2, 1, 0, 0])

    def test_threads(self):
        self.trace, _ = record("""
            def work():
                b = bytearray(100)
                for i in range(300):
                    m = memoryview(b)
                    s = m[i % 50:]
                    bytes(s); s.release(); m.release()
                    b.append(1)
            threads = [threading.Thread(target=work) for i in range(4)]
            for t in threads: t.start()
            for t in threads: t.join()
            """)
        self.check()
        self.assertGreater(invariants()["exported"]["checked"], 2000)

    def test_nothing_dies_while_its_memory_is_out(self):
        self.trace, _ = record("""
            for i in range(50):
                m = memoryview(array.array('i', range(i)))[::2]
                p = pickle.PickleBuffer(m)
                del m
                bytes(p); p.release()
            """, options="events=buf+obj+mark")
        self.check()
        self.assertGreater(len(self.trace.named("obj.destroy")), 100)

    def test_without_the_class_there_is_nothing(self):
        trace, _ = record("memoryview(bytearray(3)).release()", options="events=mark+frame")
        self.assertEqual([e for e in trace.events if e.name.startswith("buf.")], [])

    def test_the_class_is_in_all(self):
        trace, _ = record("memoryview(bytearray(3)).release()", options="events=all")
        self.assertTrue(trace.named("buf.get"))


if __name__ == "__main__":
    unittest.main()
