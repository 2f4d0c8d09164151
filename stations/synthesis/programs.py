"""The programs of the synthesis: what manifest.toml says of them, and how they are run.

It must not know what `glassbox why` says of a program: judge.py asks.
"""
import os
import re
import resource
import subprocess
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MANIFEST = HERE / "manifest.toml"
# In the order of the mental model: what is named, and the question that it answers.
COLUMNS = {
    "import": "how long until its modules are there?",
    "compile": "how often is code made of a text, and of the same text again?",
    "spec": "do the instructions settle on a fast form?",
    "ref": "who counts references, and who waits for a count?",
    "alloc": "what is taken from the allocator, and how often anew?",
    "gc": "what has to be collected, since counting cannot free it?",
    "gil": "who waits for the lock?",
    "aio": "who keeps the event loop from going round?",
    "buf": "which bytes are copied, and how often?",
    "c": "what is waited for in C, a system call or a device?",
}
BUILDS = ("gil", "ft")
PACKAGES = ("numpy", "torch")
NEEDS = (*PACKAGES, "cuda", "processors")
KEYS = {"faulty": {"column", "build", "needs", "waits", "fault", "seen_by"}, "clean": {"build", "needs"}}
AT_ONCE = 1.3  # processors that a program used: so many, and two were free
NO_DEVICE = "no CUDA device"
DEVICES = ("/dev/nvidiactl", "/dev/dxg")
QUESTIONS = {  # what is missing where an interpreter cannot run this
    "ft": ("a build without the GIL", "import sys; assert not sys._is_gil_enabled()"),
    "numpy": ("NumPy", "import numpy"),
    "torch": ("PyTorch", "import torch"),
    "cuda": (NO_DEVICE, "import torch; assert torch.cuda.is_available()"),
}
MARK = re.compile(r"#\s*fault:")


class Unfit(Exception):
    """The manifest, or a program, is not as it has to be."""


class CannotRun(Exception):
    """This machine lacks something; says what, and how to get it."""


@dataclass(frozen=True)
class Program:
    """One program: `kind` is faulty, mended (the twin of a faulty one) or clean."""

    name: str
    kind: str
    build: str = "gil"
    needs: tuple[str, ...] = ()
    waits: bool = False
    column: str | None = None
    fault: str = ""
    seen_by: str = ""
    lines: frozenset[tuple[Path, int]] = field(default=frozenset())

    @property
    def path(self) -> Path:
        return HERE / "programs" / self.kind / f"{self.name}.py"

    @property
    def recording(self) -> Path:
        """A recording of it from a machine that has what it needs; it need not be there."""
        return HERE / "recorded" / f"{self.name}.gbx"

    def python(self) -> Path:
        """The interpreter that can run it; or CannotRun."""
        if "cuda" in self.needs and not any(Path(device).exists() for device in DEVICES):
            raise CannotRun(NO_DEVICE)
        if chosen := os.environ.get("PYTHON"):
            return self._checked(Path(chosen))
        sets = [need for need in self.needs if need in PACKAGES]
        path = ROOT / "cpython/build" / self.build / "python"
        how = f"make {self.build}"
        if sets:
            path = ROOT / f"build/packages/{sets[0]}-{self.build}/bin/python"
            how = f"scripts/packages {sets[0]} {self.build}"
        if not path.exists():
            raise CannotRun(f"'{path.relative_to(ROOT)}' is not there: {how}")
        return self._checked(path)

    def _checked(self, python: Path) -> Path:
        """Does it fit?  It is asked itself."""
        asked = [need for need in self.needs if need in QUESTIONS]
        if self.build == "ft":
            asked.append("ft")
        for question in asked:
            missing, code = QUESTIONS[question]
            done = subprocess.run(
                [python, "-I", "-c", code], stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
            if done.returncode != 0:
                raise CannotRun(missing if question == "cuda" else f"'{python}' has not {missing}")
        return python


def marked(path: Path) -> frozenset[tuple[Path, int]]:
    """The lines at which a program says that the fault is: its own, and those of modules named after it."""
    return frozenset(
        (file, number)
        for file in path.parent.glob(f"{path.stem}*.py")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if MARK.search(line)
    )


def checked(kind: str, name: str, keys: dict) -> dict:
    """One entry of the manifest; Unfit when something in it cannot be."""
    where = f"'{kind}.{name}' in '{MANIFEST.name}'"
    if unknown := keys.keys() - KEYS[kind]:
        raise Unfit(f"{where} has an unknown key '{min(unknown)}'")
    if keys.get("build", "gil") not in BUILDS:
        raise Unfit(f"{where} names no build of ours: '{keys['build']}'")
    if strange := set(keys.get("needs", ())) - set(NEEDS):
        raise Unfit(f"{where} needs something unknown: '{min(strange)}'")
    if kind == "faulty":
        if keys.get("column") not in COLUMNS:
            raise Unfit(f"{where} has no column of the model")
        if not keys.get("fault") or not keys.get("seen_by"):
            raise Unfit(f"{where} does not say what its fault is, and by what it is seen")
    return {**keys, "needs": tuple(keys.get("needs", ()))}


def programs(text: str | None = None) -> Iterator[Program]:
    """All of them, each faulty one before its twin. Unfit: the manifest or a program is not as it has to be."""
    try:
        manifest = tomllib.loads(MANIFEST.read_text() if text is None else text)
    except tomllib.TOMLDecodeError as error:
        raise Unfit(f"'{MANIFEST.name}' is no TOML: {error}") from None
    if unknown := manifest.keys() - KEYS.keys():
        raise Unfit(f"'{MANIFEST.name}' has an unknown table '{min(unknown)}'")
    for kind in KEYS:
        for name, keys in manifest.get(kind, {}).items():
            entry = checked(kind, name, keys)
            program = Program(name, kind, **entry)
            if kind == "clean":
                yield program
                continue
            lines = marked(program.path)
            if not lines:
                raise Unfit(f"no line of '{program.path.name}' is marked as the fault")
            yield Program(name, kind, **entry, lines=lines)
            yield Program(name, "mended", program.build, program.needs, program.waits)


@dataclass(frozen=True)
class Run:
    """A program's run without any recording."""

    wall_s: float
    cpu_s: float
    status: int
    out: bytes

    def cost_s(self, program: Program) -> float:
        """Its time; of one that waits for nothing that of the processor, which nobody else's load is in."""
        return self.wall_s if program.waits else self.cpu_s

    def tells_time_of(self, program: Program) -> bool:
        """Did the program have the processors that its time depends on?"""
        return "processors" not in program.needs or self.cpu_s > AT_ONCE * self.wall_s


def run(program: Program, python: Path) -> Run:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [python, "-B", program.path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(wall, cpu, done.returncode, done.stdout)
