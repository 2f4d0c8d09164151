"""What the zoo is kept in: bundles that no honest tool would write, a library in machine code, and the table as text."""

import hashlib
import io
import json
import pathlib
import subprocess
import tarfile
import tempfile
import textwrap

import tiny

USED = {"tells_where_it_is"}           # by tests of their own
GOOD = (tiny.TINY / "reference" / "work.py").read_bytes().replace(b"{{kind}}", b"int")


# ------------------------------------------------------------------ bundles

def _head(stage, files, **more):
    note = json.loads((stage.work() / "lab.json").read_text(encoding="utf-8"))
    head = {"format": "glassbox-bundle 1", "lab": 9, "student": note["student"], "seed": note["seed"], "rubric": note["rubric"],
            "hints": [], "predictions": [], "files": {name: "sha256:" + hashlib.sha256(data).hexdigest() for name, data in files}}
    return json.dumps(head | more).encode()


def _add(archive, name, data=b"", kind=tarfile.REGTYPE, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, len(data)
    archive.addfile(member, io.BytesIO(data))


def _bundle(stage, entries, listed=(("work.py", GOOD),)):
    """A bundle of the manifest and these entries: (name, data, kind, link)."""
    path = stage.new("bundle").with_suffix(".glassbox.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        _add(archive, "manifest.json", _head(stage, listed))
        for entry in entries:
            _add(archive, *entry)
    return path


def link_to_a_secret(stage):
    return _bundle(stage, [("work.py", b"", tarfile.SYMTYPE, "/etc/passwd")])


def hard_link_to_a_secret(stage):
    return _bundle(stage, [("work.py", b"", tarfile.LNKTYPE, "/etc/passwd")])


def link_and_through_it(stage):
    return _bundle(stage, [("notes.md", b"", tarfile.SYMTYPE, "/tmp"), ("notes.md/owned", b"x"), ("work.py", GOOD)])


def path_upwards(stage):
    return _bundle(stage, [("work.py", GOOD), ("../../../../tmp/glassbox-owned", b"x")])


def absolute_path(stage):
    return _bundle(stage, [("work.py", GOOD), ("/tmp/glassbox-owned", b"x")])


def device(stage):
    return _bundle(stage, [("work.py", GOOD), ("notes.md", b"", tarfile.CHRTYPE)])


def pipe(stage):
    return _bundle(stage, [("work.py", b"", tarfile.FIFOTYPE)])


def bomb(stage):
    return _bundle(stage, [("work.py", bytes(64 << 20))], (("work.py", bytes(64 << 20)),))


def many_files(stage):
    return _bundle(stage, [("work.py", GOOD)] + [(f"f{number}", b"") for number in range(5000)])


def same_name_twice(stage):
    return _bundle(stage, [("work.py", GOOD), ("work.py", b"raise SystemExit")])


def own_interpreter(stage):
    """A bundle with an interpreter of its own, and all that Python reads at its start."""
    more = [("python", b"#!/bin/sh\n"), ("sitecustomize.py", b"print('mine')"), ("own.pth", b"import os"),
            ("pyvenv.cfg", b"home = /tmp"), ("_glassbox.so", b"\x7fELF")]
    return _bundle(stage, [("work.py", GOOD), *more], (("work.py", GOOD), *more))


def neighbours_bundle(stage):
    """What ann handed in, to be graded as bob's (words: --student=bob)."""
    return stage.bundle(stage.work())


def neighbours_work(stage):
    """What solved lab 1 for ann, handed in by bob as his own."""
    names = ("work.py", "answers.toml")
    ann, bob = stage.new("work"), stage.new("work")
    for folder, student in ((ann, "ann"), (bob, "bob")):
        stage.run("lab", "start", 1, "--student", student, "--to", folder, "--with",
                  tiny.ROOT / "tests" / "labs" / "1-sites" / "reference", env={"GLASSBOX_LABS": str(tiny.ROOT / "labs")})
    note = json.loads((bob / "lab.json").read_text(encoding="utf-8"))
    files = [(name, (ann / name).read_bytes()) for name in names] + [("explain.toml", b"")]
    path = stage.new("bundle").with_suffix(".glassbox.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        _add(archive, "manifest.json", _head(stage, files, lab=1, student="bob", seed=note["seed"], rubric=note["rubric"]))
        for name, data in sorted(files):
            _add(archive, name, data)
    return path


# ------------------------------------------------------------- machine code

def library():
    """A shared library that says something when it is loaded."""
    with tempfile.TemporaryDirectory(prefix="glassbox-zoo-") as folder:
        source, made = pathlib.Path(folder, "mine.c"), pathlib.Path(folder, "mine.so")
        source.write_text('#include <unistd.h>\n__attribute__((constructor)) static void on(void) '
                          '{ if (write(1, "loaded", 6) < 0) _exit(1); }\n', encoding="ascii")
        subprocess.run(["gcc", "-shared", "-fPIC", "-Os", "-s", "-Wl,-z,max-page-size=4096", source, "-o", made], check=True)
        return made.read_bytes()


# -------------------------------------------------------------------- words

def said(result):
    """What the person is told: the sentence, and the numbers of a limit, or what was seen of a violation, in the first run."""
    seen = result["limit"] or result["violation"]
    causes = [run["cause"] for run in result["host"].get("runs", {}).values() if run["cause"]] if seen else []
    return " | ".join([result["message"], *causes[:1]])


def texts_of(value):
    """Every string in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def lines_of(rows):
    """The table: way, animal, verdict, what was said, what was left behind."""
    yield f"{'way':>3}  {'animal':<29} {'verdict':<28} {'score':>5}  left  said"
    for animal, result, left, _ in rows:
        name = (result["violation"] or {}).get("name")
        verdict = result["verdict"] + (f": {name}" if name else "")
        words = textwrap.shorten(said(result), 150, placeholder="...")
        yield f"{animal['way']:>3}  {animal['name']:<29} {verdict:<28} {result['score'] if result['score'] is not None else '-':>5}  " \
              f"{'; '.join(left) or 'none'}  {words}"
    yield f"{len({animal['way'] for animal, *_ in rows})} ways, {len(rows)} animals, {sum(took for *_, took in rows):.1f} s"
