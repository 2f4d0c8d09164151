"""Buffers that are refused, and objects that cannot do something because their memory is lent.

What a recording is and how it is checked: test_buf.py.
"""

import os
import subprocess
import sys
import textwrap
import unittest

import traces
from test_buf import ANY, FORMAT, HEAD, INDIRECT, ND, STRIDES, WRITABLE, Sound

TRY = textwrap.dedent("""
    def tried(what, *args):
        try: what(*args)
        except Exception as e: print(type(e).__name__, e, sep='|')
        else: print('-')
    """)


class Refusals(Sound):
    """What was asked, of whom, and the reason given."""

    def refused(self, body):
        """The one refusal, with its type, exception and reason."""
        events = self.between(TRY + textwrap.dedent(body))
        event = self.one(events, "buf.refused")
        self.assertNotIn("get", self.names(events))
        return event, self.trace.type(event), self.trace.text(event, "exception"), self.trace.text(event, "reason")

    def test_an_object_without_memory(self):
        event, *words = self.refused("mark('a'); tried(b'x'.join, [3]); mark('b')")
        self.assertEqual(words, ["int", "TypeError", "a bytes-like object is required, not 'int'"])
        self.assertEqual((self.trace.label(event, "how"), event.fields["asked"]), ("no_protocol", 0))
        self.assertNotEqual(event.fields["by"], 0)

    def test_memory_that_may_not_be_written_to(self):
        event, *words = self.refused("f = io.BytesIO(b'a')\nmark('a'); tried(f.readinto, b'abc'); mark('b')")
        self.assertEqual(words, ["bytes", "BufferError", "Object is not writable."])
        self.assertEqual((self.trace.label(event, "how"), event.fields["asked"]), ("api", WRITABLE))
        self.assertIn("TypeError|", self.output)       # what the caller made of it

    def test_memory_with_gaps(self):
        """A C function that cannot follow strides asks for none."""
        event, *words = self.refused("""
            m = memoryview(bytearray(12))[::2]
            mark('a'); tried(io.BytesIO().write, m); mark('b')
            """)
        self.assertEqual(words, ["memoryview", "BufferError", "memoryview: underlying buffer is not C-contiguous"])
        self.assertEqual(event.fields["asked"], ND)
        self.assertIn("BufferError|", self.output)

    def test_each_reason_of_a_memoryview(self):
        self.trace, _ = traces.run(HEAD + TRY + textwrap.dedent("""
            import _testbuffer as t
            pil = memoryview(t.ndarray(list(range(4)), shape=[2, 2], format='B', flags=t.ND_PIL))
            gaps, line = memoryview(bytes(12))[::2], memoryview(bytes(12))
            cases = [(line, t.PyBUF_WRITABLE), (gaps, t.PyBUF_C_CONTIGUOUS), (gaps, t.PyBUF_F_CONTIGUOUS),
                     (gaps, t.PyBUF_ANY_CONTIGUOUS), (pil, t.PyBUF_STRIDES), (line, t.PyBUF_FORMAT)]
            mark('a')
            for view, flags in cases:
                tried(lambda: t.ndarray(view, getbuf=flags))
            mark('b')
            """), options="events=buf+mark")
        self.check()
        found = [e for e in self.trace.between_marks("a", "b") if e.name == "buf.refused"]
        self.assertEqual([e.fields["asked"] for e in found],
                         [WRITABLE, STRIDES | 32, STRIDES | 64, ANY, STRIDES, FORMAT])
        reasons = [self.trace.text(e, "reason").removeprefix("memoryview: ") for e in found]
        self.assertEqual(reasons, [
            "underlying buffer is not writable", "underlying buffer is not C-contiguous",
            "underlying buffer is not Fortran contiguous", "underlying buffer is not contiguous",
            "underlying buffer requires suboffsets",
            "cannot cast to unsigned bytes if the format flag is present"])

    def test_flags_that_are_none(self):
        event, *words = self.refused("""
            f = ctypes.pythonapi.PyObject_GetBuffer; b = bytearray(3); view = (ctypes.c_char * 200)()
            mark('a'); tried(f, ctypes.py_object(b), view, 0x100); mark('b')
            """)
        self.assertEqual(words[:2], ["bytearray", "SystemError"])
        self.assertEqual((self.trace.label(event, "how"), event.fields["asked"]), ("bad_flags", 0x100))

    def test_the_older_functions(self):
        event, *words = self.refused("""
            p, n = ctypes.c_void_p(), ctypes.c_ssize_t()
            write, check = ctypes.pythonapi.PyObject_AsWriteBuffer, ctypes.pythonapi.PyObject_CheckReadBuffer
            mark('a'); tried(write, ctypes.py_object(b'x'), ctypes.byref(p), ctypes.byref(n)); mark('b')
            m = memoryview(b'x'); m.release()
            mark('c'); print(check(ctypes.py_object(m))); mark('d')
            """)
        self.assertEqual(words[:2], ["bytes", "BufferError"])
        self.assertEqual(self.trace.label(event, "how"), "write")
        (event,) = [e for e in self.trace.between_marks("c", "d") if e.name == "buf.refused"]
        self.assertEqual((self.trace.label(event, "how"), self.trace.text(event, "exception")),
                         ("check", "ValueError"))

    def test_buffer_as_a_method(self):
        event, *words = self.refused("mark('a'); tried(b'x'.__buffer__, 1); mark('b')")
        self.assertEqual(words, ["bytes", "BufferError", "Object is not writable."])
        self.assertEqual(self.trace.label(event, "how"), "method")

    def test_a_method_in_python_that_refuses(self):
        event, *words = self.refused("""
            class B:
                def __buffer__(self, flags): raise BufferError('not today')
            mark('a'); tried(memoryview, B()); mark('b')
            """)
        self.assertEqual(words, ["B", "BufferError", "not today"])
        self.assertEqual(event.fields["asked"], FORMAT | INDIRECT)

    def test_a_method_in_python_that_gives_something_else(self):
        _, *words = self.refused("""
            class B:
                def __buffer__(self, flags): return b'x'
            mark('a'); tried(memoryview, B()); mark('b')
            """)
        self.assertEqual(words, ["B", "TypeError", "__buffer__ returned non-memoryview object"])

    def test_who_passes_a_request_on_passes_the_refusal_on(self):
        self.trace, _ = traces.run(HEAD + TRY + textwrap.dedent("""
            p = pickle.PickleBuffer(b'abc')
            mark('a'); tried(io.BytesIO(b'x').readinto, p); mark('b')
            """), options="events=buf+mark")
        self.check()
        found = [e for e in self.trace.between_marks("a", "b") if e.name == "buf.refused"]
        self.assertEqual([self.trace.type(e) for e in found], ["bytes", "pickle.PickleBuffer"])
        self.assertEqual(len({self.trace.text(e, "reason") for e in found}), 1)

    def test_who_needs_it_contiguous(self):
        self.trace, self.output = traces.run(HEAD + TRY + textwrap.dedent("""
            import _testbuffer as t
            gaps = t.ndarray(list(range(12)), shape=[6], strides=[2], format='B', flags=t.ND_WRITABLE)
            p = pickle.PickleBuffer(gaps)
            mark('a')
            tried(t.get_contiguous, gaps, t.PyBUF_WRITE, 'C')
            tried(t.get_contiguous, b'abc', t.PyBUF_WRITE, 'C')
            tried(p.raw)
            mark('b')
            """), options="events=buf+mark")
        self.check()
        found = [e for e in self.trace.between_marks("a", "b") if e.name == "buf.refused"]
        self.assertEqual([(self.trace.type(e), self.trace.label(e, "how"), e.fields["asked"]) for e in found],
                         [("ndarray", "contiguous", ND | WRITABLE),
                          ("bytes", "contiguous", ND | WRITABLE), ("pickle.PickleBuffer", "contiguous", ANY)])
        self.assertEqual([self.trace.text(e, "reason") for e in found],
                         [line.partition("|")[2] for line in self.output.splitlines()])


class InUse(Sound):
    """What cannot be done while memory is lent, and how often it is."""

    def errors(self, setup, attempts, exports, type_name, after=""):
        """Each attempt in turn meets so many exports."""
        body = setup + "\nmark('a')\n" + "".join(f"tried(lambda: {text})\n" for text in attempts) + "mark('b')\n"
        events = self.between(TRY + body + after)
        found = [e for e in events if e.name == "buf.error"]
        self.assertEqual(self.output.splitlines()[:len(attempts)].count("-"), 0, self.output)
        self.assertEqual([e.fields["exports"] for e in found], [exports] * len(attempts))
        self.assertEqual({self.trace.type(e) for e in found}, {type_name})
        self.assertNotEqual({e.fields["by"] for e in found}, {0})
        return [self.trace.label(e, "what") for e in found]

    def test_a_bytearray(self):
        what = self.errors("b = bytearray(b'hello'); m = [memoryview(b) for i in range(3)]",
                           ["b.append(1)", "b.extend(b'xy')", "b.clear()", "b.pop()", "b.__delitem__(0)",
                            "b.__delitem__(slice(0, 4, 2))", "b.__setitem__(slice(0, 2), b'')", "b.__imul__(2)",
                            "b.__iadd__(b'x')", "b.insert(0, 1)", "b.remove(104)", "b.__init__(9)"],
                           3, "bytearray")
        self.assertEqual(set(what), {"resize"})

    def test_an_array(self):
        what = self.errors("a = array.array('i', [1, 2, 3]); m = [memoryview(a) for i in range(2)]",
                           ["a.append(1)", "a.pop()", "a.__delitem__(0)", "a.__delitem__(slice(0, 2))",
                            "a.__setitem__(slice(0, 1), array.array('i', [7, 7]))", "a.__imul__(2)"],
                           2, "array.array")
        self.assertEqual(set(what), {"resize"})

    def test_an_mmap(self):
        what = self.errors("a = mmap.mmap(-1, 4096); m = memoryview(a); n = memoryview(a)",
                           ["a.close()", "a.resize(8192)"], 2, "mmap.mmap",
                           "m.release(); n.release(); a.close()")
        self.assertEqual(what, ["close", "resize"])

    def test_a_bytesio(self):
        what = self.errors("f = io.BytesIO(b'abcdef'); m = f.getbuffer(); n = f.getbuffer(); o = n[1:]",
                           ["f.write(b'x')", "f.truncate(1)", "f.close()", "f.__init__(b'y')"],
                           2, "_io.BytesIO")
        self.assertEqual(set(what), {"resize"})

    def test_a_memoryview(self):
        what = self.errors("m = memoryview(b'abc'); p = [pickle.PickleBuffer(m) for i in range(4)]",
                           ["m.release()", "m.__exit__()"], 4, "memoryview", "del p; m.release()")
        self.assertEqual(what, ["release", "release"])

    def test_a_derived_type_has_its_own_name(self):
        self.errors("class B(bytearray): pass\nb = B(3); m = memoryview(b)", ["b.append(1)"], 1, "B")

    def test_a_separator_that_is_joined(self):
        """It counts itself, though no Py_buffer of it is out."""
        events = self.between(TRY + textwrap.dedent("""
            b = bytearray(b',')
            def items():
                yield b'a'
                tried(b.append, 1)
                yield b'b'
            mark('a'); b.join(items()); mark('b')
            """))
        self.assertEqual(self.one(events, "buf.error").fields["exports"], 1)

    def test_after_the_last_release_it_can_be_done(self):
        events = self.between(TRY + textwrap.dedent("""
            b = bytearray(3); m = memoryview(b)
            mark('a'); tried(b.append, 1); m.release(); tried(b.append, 1); mark('b')
            """))
        self.assertEqual(self.names(events), ["error", "view_release", "release"])
        self.assertEqual(self.output.splitlines()[1], "-")

    def test_an_object_that_ends_all_the_same(self):
        """Nobody can refuse that: a reference too few makes it, and it is said on stderr."""
        for made, held in (("bytearray(3)", "memoryview(x)"), ("io.BytesIO(b'abc')", "x.getbuffer()")):
            with self.subTest(made):
                program = HEAD + textwrap.dedent(f"""
                    x = {made}; m = {held}
                    gone = ctypes.pythonapi.Py_DecRef
                    counted = [ctypes.py_object(x)]
                    mark('a')
                    """)
                if "bytearray" in made:
                    program += "import sys\nn = sys.getrefcount(x) - 1\nfor i in range(n): gone(counted[0])\n"
                else:
                    program += textwrap.dedent("""
                        import sys
                        n = sys.getrefcount(x) - 1
                        for i in range(n): gone(counted[0])
                        """)
                program += "import os; os._exit(0)\n"
                subprocess.run([sys.executable, "-X", "glassbox=dead.gbx:events=buf+mark", "-c", program],
                               stderr=subprocess.PIPE, env={**os.environ})
                trace = traces.Trace("dead.gbx")
                found = trace.named("buf.error")
                self.assertEqual([(trace.label(e, "what"), e.fields["exports"]) for e in found],
                                 [("dealloc", 1)])


if __name__ == "__main__":
    unittest.main()
