"""The peers that Glassbox is measured against, made ready: packages for the interpreter, each set in a
folder of its own, by pinned hashes; uftrace and LTTng-UST on programs in C. Nothing here measures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess

from harness import BUILD, HERE, ROOT, CannotMeasure, Failure, compile_c, environment, live, python, run


def cache() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(os.environ.get("GLASSBOX_CACHE") or os.path.join(base, "glassbox"))


def packages(name: str) -> pathlib.Path:
    """A folder with the packages of NAME.lock, installed for the built interpreter by its own pip."""
    lock = HERE / f"{name}.lock"
    key = hashlib.sha256(lock.read_bytes() + run([python("stock"), "-VV"]).encode()).hexdigest()[:16]
    folder = cache() / "bench" / f"{name}-{key}"
    if folder.is_dir():
        return folder
    live(f"bench: installing the packages of '{lock.relative_to(ROOT)}'")
    wheels = sorted((ROOT / "cpython" / "src" / "upstream" / "Lib" / "ensurepip" / "_bundled").glob("pip-*.whl"))
    if not wheels:
        raise CannotMeasure("the source tree has no pip of its own")
    making = folder.with_name(f"{folder.name}.{os.getpid()}~")
    env = environment() | {k: v for k, v in os.environ.items() if k.startswith("PIP_")}
    try:
        run([python("stock"), wheels[-1] / "pip", "install", "--quiet", "--root-user-action=ignore", "--no-deps",
             "--no-compile", "--only-binary=:all:", "--require-hashes", "--target", making, "-r", lock], env=env)
        making.rename(folder)
    except Failure as why:
        raise CannotMeasure(f"the package index gave no '{name}': {why}") from None
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def need(*commands: str) -> None:
    for command in commands:
        if shutil.which(command) is None:
            raise CannotMeasure(f"there is no command '{command}' (scripts/setup bench installs it where there is one)")


# -------------------------------------------------------------------- uftrace

def uftrace_program() -> pathlib.Path:
    """The program `floor`, built so that each function calls the tracer at its entry."""
    need("uftrace")
    target = BUILD / "floor-pg"
    run([*os.environ.get("CC", "gcc").split(), "-O2", "-std=gnu11", "-pg", HERE / "floor.c", "-o", target])
    return target


def uftrace_calls(program: pathlib.Path, folder: pathlib.Path, calls: int) -> float:
    """Nanoseconds a call of `program calls N` while uftrace records it."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        said = run(["uftrace", "record", "--no-libcall", "--no-event", "-d", folder, program, "calls", calls])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return float(said.split()[-1])


# ------------------------------------------------------------------ LTTng-UST

class Lttng:
    """A session daemon for as long as a `with` lasts, ended afterwards if it was not there before."""

    def __init__(self, folder: pathlib.Path) -> None:
        need("lttng", "lttng-sessiond")
        self.folder, self.daemon, self.remark = folder, None, ""
        try:
            self.program = compile_c("lttng", f"-I{HERE}", libraries=("-llttng-ust", "-ldl"))
        except Failure as why:
            raise CannotMeasure(f"a program with LTTng-UST's tracepoints does not compile: {why}") from None

    def __enter__(self) -> Lttng:
        if subprocess.run(["lttng", "--no-sessiond", "list"], capture_output=True, check=False).returncode != 0:
            self.daemon = subprocess.Popen(["lttng-sessiond", "--no-kernel"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            self._wait_for_daemon()
        return self

    def _wait_for_daemon(self) -> None:
        import time
        for _ in range(100):
            if subprocess.run(["lttng", "--no-sessiond", "list"], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.__exit__()
        raise CannotMeasure("the session daemon of LTTng does not start")

    @contextlib.contextmanager
    def recording(self):
        """One session, from its creation to its end; what it wrote is dropped."""
        lttng = ["lttng", "--no-sessiond", "--quiet"]
        run([*lttng, "create", "glassbox-bench", f"--output={self.folder}"])
        try:
            run([*lttng, "enable-channel", "-u", "--subbuf-size=8M", "--num-subbuf=4", "calls"])
            run([*lttng, "enable-event", "-u", "-c", "calls", "glassbox_bench:call"])
            run([*lttng, "start"])
            yield
            stopped = run(["lttng", "--no-sessiond", "stop"])
            if "discarded" in stopped or "lost" in stopped:
                self.remark = "; some events were discarded"
        finally:
            run([*lttng, "destroy", "glassbox-bench"])
            shutil.rmtree(self.folder, ignore_errors=True)

    def __exit__(self, *_unused) -> None:
        if self.daemon is not None:
            os.killpg(self.daemon.pid, signal.SIGTERM)
            self.daemon.wait()
