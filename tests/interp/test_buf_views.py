"""What stands between who lends memory and who works on it: memoryviews, and methods of Python.

What a recording is and how it is checked: test_buf.py.
"""

import unittest

from test_buf import PASSED_ON, READONLY, Sound


class Python(Sound):
    """__buffer__ and __release_buffer__ (PEP 688)."""

    BODY = """
        class B:
            def __init__(self): self.b = bytearray(4)
            def __buffer__(self, flags): return memoryview(self.b)
            def __release_buffer__(self, m): m.release()
        b = B()
        mark('a')
        m = memoryview(b)
        m.release()
        mark('b')
        """

    def test_who_is_asked_and_who_exports_are_two(self):
        events = self.between(self.BODY)
        of_bytearray, of_view, of_b = [e for e in events if e.name == "buf.get"]
        self.assertEqual([self.trace.type(e) for e in (of_bytearray, of_view, of_b)],
                         ["bytearray", "memoryview", "B"])
        self.assertEqual(self.trace.text(of_b, "exporter_type"), "_buffer_wrapper")
        self.assertEqual(of_view.fields["view"], of_b.fields["view"])
        self.assertFalse(of_b.fields["state"] & PASSED_ON)
        self.assertEqual(len({e.fields["address"] for e in (of_bytearray, of_view, of_b)}), 1)

    def test_each_of_them_is_released(self):
        events = self.between(self.BODY)
        released = [e for e in events if e.name == "buf.release"]
        self.assertEqual([(self.trace.text(e, "exporter_type"), self.trace.label(e, "how")) for e in released],
                         [("memoryview", "wrapper"), ("bytearray", "api"), ("_buffer_wrapper", "api")])

    def test_the_methods_are_told(self):
        events = self.between(self.BODY)
        got, given = self.one(events, "buf.python_get"), self.one(events, "buf.python_release")
        self.assertEqual([self.trace.type(e) for e in (got, given)], ["B", "B"])
        self.assertEqual(got.fields["memoryview"], given.fields["memoryview"])
        self.assertEqual(got.fields["object"], given.fields["object"])

    def test_a_release_in_python_alone(self):
        """The base's own function is called after it, and counts; the method sees a view that it cannot keep."""
        events = self.between("""
            class B(bytearray):
                def __release_buffer__(self, m): pass
            b = B(4)
            mark('a'); memoryview(b).release(); mark('b')
            """)
        self.assertEqual(self.trace.type(self.one(events, "buf.python_release")), "B")
        self.assertEqual(self.one(events, "buf.release").fields["exports"], 0)
        self.assertIn("buffer", [self.trace.label(e, "how") for e in events if e.name == "buf.view_layout"])

    def test_a_base_in_c_is_asked_by_super(self):
        events = self.between("""
            class B(bytearray):
                def __buffer__(self, flags): return super().__buffer__(flags)
            b = B(4)
            mark('a'); memoryview(b).release(); gc.collect(); mark('b')
            """)
        self.assertEqual([self.trace.label(e, "how") for e in events if e.name == "buf.get"],
                         ["method", "api", "api"])
        self.assertEqual([e.fields["exports"] for e in events
                          if e.name == "buf.release" and self.trace.text(e, "exporter_type") == "B"], [0])


class Views(Sound):
    """memoryviews, and the managed buffer that they share."""

    def layouts(self, events):
        return {self.trace.label(e, "how"): e for e in events if e.name == "buf.view_layout"}

    def test_all_that_is_made_of_a_memoryview_shares_one_export(self):
        events = self.between("""
            b = bytearray(range(24))
            mark('a')
            m = memoryview(b); v = memoryview(m); s = m[2:20:2]; c = m.cast('H', [3, 4]); r = m.toreadonly()
            for x in (m, v, s, c, r): x.release()
            mark('b')
            """)
        self.one(events, "buf.get")
        self.one(events, "buf.release")
        new = [e for e in events if e.name == "buf.view_new"]
        ended = [e for e in events if e.name == "buf.view_release"]
        self.assertEqual([e.fields["views"] for e in new + ended], [1, 2, 3, 4, 5, 4, 3, 2, 1, 0])
        self.assertEqual(len({e.fields["managed"] for e in new + ended}), 1)
        self.assertEqual([e.fields["memoryview"] for e in new], [e.fields["memoryview"] for e in ended])
        self.assertEqual(new[0].fields["view"], self.one(events, "buf.get").fields["view"])
        how = self.layouts(events)
        self.assertEqual(list(how), ["object", "view", "slice", "cast", "toreadonly"])
        base = new[0].fields["memoryview"]
        self.assertEqual([how[k].fields["base"] for k in ("view", "slice", "cast")], [base] * 3)
        start = how["object"].fields["address"]
        self.assertEqual(how["slice"].fields["address"], start + 2)
        self.assertEqual(self.shape(events, how["slice"]), ([9], [2]))
        self.assertEqual(self.shape(events, how["cast"]), ([3, 4], [8, 2]))
        self.assertEqual(self.trace.text(how["cast"], "format"), "H")
        self.assertEqual([bool(e.fields["state"] & READONLY) for e in how.values()],
                         [False, False, False, False, True])
        self.assertEqual(self.names(events)[-1], "release")

    def test_an_export_of_a_memoryview_is_its_own(self):
        events = self.between("""
            m = memoryview(bytearray(4))
            mark('a'); p = pickle.PickleBuffer(m); p.release(); mark('b')
            """)
        self.assertEqual([(e.fields["exports"], self.trace.text(e, "exporter_type")) for e in events
                          if e.name in ("buf.get", "buf.release")], [(1, "memoryview"), (0, "memoryview")])

    def test_a_view_that_dies_is_released(self):
        events = self.between("mark('a'); m = memoryview(bytearray(4)); del m; mark('b')")
        self.assertEqual(self.names(events), ["get", "axis", "view_new", "view_layout", "axis",
                                              "view_release", "release"])

    def test_with_releases_at_its_end(self):
        events = self.between("b = bytearray(4)\nmark('a')\nwith memoryview(b) as m: pass\nmark('b')\nm")
        self.assertEqual(self.names(events)[-2:], ["view_release", "release"])

    def test_the_collector_releases(self):
        events = self.between("""
            class A(bytearray): pass
            a = A(4); a.m = memoryview(a); del a
            mark('a'); gc.collect(); mark('b')
            """)
        self.assertEqual(sorted(self.names(events)), ["release", "view_release"])

    def test_a_cast_that_fails_has_no_layout(self):
        events = self.between("""
            m = memoryview(bytearray(5))
            mark('a')
            try: m.cast('H')
            except TypeError: pass
            mark('b')
            """)
        self.assertEqual(self.names(events), ["view_new", "view_release"])

    def test_memory_that_is_nobodys(self):
        """BufferedReader shows its own memory to what it reads from, for the time of the call."""
        events = self.between("""
            class Raw(io.RawIOBase):
                def readable(self): return True
                def readinto(self, view): view[:3] = b'abc'; return 3
            r = io.BufferedReader(Raw())
            mark('a'); r.read1(3); mark('b')
            """)
        layout = self.layouts(events)["buffer"]
        new = [e for e in events if e.name == "buf.view_new"
               and e.fields["memoryview"] == layout.fields["memoryview"]]
        self.assertEqual(new[0].fields["exporter"], 0)

    def test_memory_of_c(self):
        events = self.between("""
            f = ctypes.pythonapi.PyMemoryView_FromMemory; f.restype = ctypes.py_object
            c = ctypes.create_string_buffer(5)
            mark('a'); m = f(c, ctypes.c_ssize_t(5), 0x200); m.release(); mark('b')
            """)
        self.assertEqual(self.names(events), ["view_new", "view_layout", "axis", "view_release"])
        self.assertIn("memory", self.layouts(events))
        self.assertFalse(self.layouts(events)["memory"].fields["state"] & READONLY)

    def test_a_copy_for_who_needs_it_contiguous(self):
        events = self.between("""
            import _testbuffer
            x = _testbuffer.ndarray(list(range(12)), shape=[6], strides=[2], format='B')
            mark('a'); y = _testbuffer.get_contiguous(x, _testbuffer.PyBUF_READ, 'C'); mark('b')
            """)
        layout = self.layouts(events)["contiguous"]
        self.assertEqual(self.shape(events, layout), ([6], [1]))
        exporters = [self.trace.text(e, "exporter_type") for e in events if e.name == "buf.get"]
        self.assertEqual(exporters, ["ndarray", "bytes"])


if __name__ == "__main__":
    unittest.main()
