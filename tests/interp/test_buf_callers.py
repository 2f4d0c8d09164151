"""Functions that ask for a buffer: what each asks for, and that it gives back what it got.

What a recording is and how it is checked: test_buf.py.
"""

import importlib.util
import unittest

from test_buf import FORMAT, INDIRECT, ND, WRITABLE, Sound, record

FULL_RO = INDIRECT | FORMAT

SETUP = """
import _operator, base64, binascii, bz2, codecs, hashlib, hmac, lzma, marshal, os, re
import socket, sqlite3, struct, xml.parsers.expat as expat, zlib
B = bytearray
b = B(b'0123456789abcdef' * 4)
left, right = socket.socketpair()
reader, writer = os.pipe()
file = open('file', 'w+b', buffering=0)
buffered = open('file', 'r+b')
mapped = mmap.mmap(-1, 4096)
many = array.array('i', range(4))
db = sqlite3.connect(':memory:')
db.execute('create table t(x blob)'); db.execute('insert into t values (zeroblob(64))')
blob = db.blobopen('t', 'x', 1)
big = B(1 << 16)
view = memoryview(b)
digest = hashlib.sha256(); pattern = re.compile(rb'0')
one = B(b"1"); one_view = memoryview(one); xml = B(b"<a/>")
marshalled, pickled = B(marshal.dumps(1)), B(pickle.dumps(1))
"""

# What is run, and what is asked for while it runs: of whom, and with which flags.
B = "bytearray"
CALLS = {
    # Modules that take "bytes-like" arguments: Argument Clinic's Py_buffer, and getargs' y*, s*, w*.
    "struct.unpack_from('i', b)": [(B, 0)],
    "struct.pack_into('i', b, 0, 7)": [(B, WRITABLE)],
    "struct.unpack('4s', B(4))": [(B, 0)],
    "list(struct.iter_unpack('i', b))": [(B, 0)],
    "hashlib.sha256(b)": [(B, 0)],
    "digest.update(b)": [(B, 0)],
    "digest.update(big)": [(B, 0)],
    "hashlib.blake2b(b, key=B(3))": [(B, 0), (B, 0)],
    "hashlib.pbkdf2_hmac('sha1', b, b, 1)": [(B, 0), (B, 0)],
    "hmac.compare_digest(b, b)": [(B, 0), (B, 0)],
    "zlib.compress(b)": [(B, 0)],
    "zlib.crc32(b)": [(B, 0)],
    "bz2.BZ2Compressor().compress(b)": [(B, 0)],
    "lzma.LZMACompressor().compress(b)": [(B, 0)],
    "binascii.hexlify(b)": [(B, 0)],
    "base64.b64encode(b)": [(B, 0)],
    "marshal.loads(marshalled)": [(B, 0)],
    "pickle.loads(pickled)": [(B, ND)],
    "codecs.utf_8_decode(b)": [(B, 0)],
    "expat.ParserCreate().Parse(xml)": [(B, 0)],
    "_operator._compare_digest(b, b)": [(B, 0), (B, 0)],
    # Sockets, pipes, files, maps.
    "left.send(b)": [(B, 0)],
    "left.sendmsg([b, b])": [(B, 0), (B, 0)],
    "right.recv_into(b)": [(B, WRITABLE)],
    "right.recvmsg_into([b])": [(B, WRITABLE)],
    "os.write(writer, b)": [(B, 0)],
    "os.writev(writer, [b, b])": [(B, 0), (B, 0)],
    "os.readv(reader, [b])": [(B, WRITABLE)],
    "file.write(b)": [(B, 0)],
    "file.seek(0), file.readinto(b)": [(B, WRITABLE)],
    "mapped.write(b)": [(B, 0)],
    "mapped.find(B(1))": [(B, 0)],
    "blob.write(b)": [(B, 0)],
    "io.BytesIO(b).write(b)": [(B, ND), (B, ND)],
    "io.BytesIO(bytes(9)).readinto(b)": [(B, WRITABLE)],
    "buffered.write(b)": [(B, 0)],
    # bytes and what is like them.
    "bytes(b)": [(B, FULL_RO)],
    "B(view)": [("memoryview", FULL_RO)],
    "b'a' + b": [("bytes", 0), (B, 0)],
    "B() + b": [(B, 0), (B, 0)],
    "B().__iadd__(b)": [(B, 0)],
    "b'a'.find(b)": [(B, 0)],
    "b'a'.startswith(b)": [(B, 0)],
    "b'a'.replace(b, b)": [(B, 0), (B, 0)],
    "b'a'.strip(b)": [(B, 0)],
    "b'a'.translate(None, b)": [(B, 0)],
    "b'a'.split(B(1))": [(B, 0)],
    "b == view": [(B, 0), ("memoryview", 0)],
    "b in b": [(B, 0)],
    "str(b, 'ascii')": [(B, 0)],
    "int(one)": [],
    "int(one_view)": [("memoryview", 0)],
    "float(one_view)": [("memoryview", 0)],
    "int.from_bytes(view)": [("memoryview", FULL_RO)],
    "many.frombytes(b)": [(B, 0)],
    "pattern.match(b)": [(B, 0)],
    "eval(one)": [],
    "eval(one_view)": [("memoryview", 0)],
    # memoryviews, and what works on whole descriptions.
    "view == b": [(B, FULL_RO)],
    "memoryview(b).release()": [(B, FULL_RO)],
    "pickle.PickleBuffer(b).release()": [(B, FULL_RO)],
    "ctypes.c_char.from_buffer(b) and None": [(B, FULL_RO)],
    "ctypes.c_char.from_buffer_copy(b)": [(B, 0)],
}


class Callers(Sound):

    @classmethod
    def setUpClass(cls):
        for module in "_bz2", "_hashlib", "_lzma", "_sqlite3", "zlib":
            if importlib.util.find_spec(module) is None:
                raise unittest.SkipTest(f"cannot run here: no {module}")
        body = SETUP + "".join(f"mark('a{i}'); {call}; mark('b{i}')\n" for i, call in enumerate(CALLS))
        cls.trace, _ = record(body + "del view, mapped, one_view\n")

    def events(self, call):
        i = list(CALLS).index(call)
        return [e for e in self.trace.between_marks(f"a{i}", f"b{i}") if e.name in ("buf.get", "buf.release")]

    def test_what_each_function_asks_for(self):
        for call, asked in CALLS.items():
            with self.subTest(call):
                got = [(self.trace.type(e), e.fields["asked"]) for e in self.events(call) if e.name == "buf.get"]
                self.assertEqual(got, asked)

    def test_each_gives_back_what_it_got(self):
        for call in CALLS:
            with self.subTest(call):
                views = [e.fields["view"] for e in self.events(call) if e.name == "buf.get"]
                self.assertEqual(sorted(views),
                                 sorted(e.fields["view"] for e in self.events(call) if e.name == "buf.release"))

    def test_the_recording_is_sound(self):
        self.check()


if __name__ == "__main__":
    unittest.main()
