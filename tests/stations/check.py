"""Test the stations: that claims hold where they have to, and fail where they have to.

Usage: check.py ROOT.  A line for each test, and the counts in the last.  What a claim means is the
station's affair; here it is only seen that its check can say yes and no, that nothing in a station's
folder is left unused, and that the guide and the places to read are not stale.
"""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

COLUMNS = 80
USAGE = 64
PARTIAL = 3  # the exit status where what ran passed, and something could not run
PYTHON_UNIT = re.compile(r"^test_(\w+) \(.*\) \.\.\. (ok|FAIL|ERROR|skipped .*)$", re.MULTILINE)
UNIT = re.compile(r"^\[ +(OK|FAILED) +\] (\w+)$", re.MULTILINE)
MUST_FAIL = re.compile(r"(ok|BAD|skip)\s+(\S+)\s+on '([^']+)': (.*)")
MISSING = re.compile(r"ModuleNotFoundError: No module named '(\w+)'")


class Skip(Exception):
    """A test that this machine cannot run; says why."""


class Missing(Exception):
    """A test for which something is missing that can be had; says what. In CI it has to be there."""


class Station:
    """One station, run once by the program under test."""

    def __init__(self, root: Path, folder: Path):
        self.root, self.folder = root, folder
        self.number = folder.name.partition("-")[0]
        self.status, text = self.run("--format", "json")
        self.report = json.loads(text)
        self.must_fail_status, text = self.run("--must-fail")
        self.must_fail = [MUST_FAIL.fullmatch(line) for line in text.splitlines()]

    def run(self, *arguments: str, **settings: Path) -> tuple[int, str]:
        command = [self.root / "glassbox", "station", self.number, *arguments]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
            env={**os.environ, **settings},
        )
        return done.returncode, done.stdout

    @property
    def claims(self) -> list[dict]:
        return self.report["claims"]

    def programs(self, *folders: str) -> Iterator[Path]:
        for folder in folders:
            yield from sorted((self.folder / folder).glob("*.py"))


def claim_passes(claim: dict) -> None:
    if claim.get("lack") == "device":
        raise Skip("it needs a CUDA device")
    if claim["verdict"] == "SKIPPED":
        raise Missing("; ".join(item["text"] for item in claim["evidence"] if item["kind"] == "skipped"))
    assert claim["verdict"] == "PASS", f"{claim['verdict']}: {claim['reason']} {failures(claim)}"


def claim_shows_evidence(claim: dict) -> None:
    assert claim["evidence"], "it passes without a word of evidence"


def claim_is_read_somewhere(claim: dict) -> None:
    assert claim["readings"], "it names no place to read"
    for reading in claim["readings"]:
        package = re.match(r"(\w+):", reading["place"])
        if package and not reading.get("line"):
            raise Missing(f"the sources of '{package[1]}' are not here: scripts/sources {package[1]}")
        assert reading.get("line", 0) > 0, f"'{reading['place']}' is not in this tree"


def failures(claim: dict) -> str:
    return "; ".join(json.dumps(item) for item in claim["evidence"] if item["kind"] == "fail")


def line_says_fail(line: re.Match) -> None:
    if line[1] == "skip":
        raise Missing(line[4])
    assert line[1] == "ok" and line[4] == "FAIL", line[0]


def every_claim_can_fail(station: Station) -> None:
    can = {line[2] for line in station.must_fail if line}
    cannot = [claim["id"] for claim in station.claims if claim["id"] not in can]
    assert not cannot, f"no experiment on which it has to fail: {', '.join(cannot)}"


def statuses_agree(station: Station) -> None:
    skipped = any(claim["verdict"] == "SKIPPED" for claim in station.claims)
    assert station.status == (PARTIAL if skipped else 0), f"the station ends with status {station.status}"
    assert station.must_fail_status == 0, f"--must-fail ends with status {station.must_fail_status}"


def a_device_may_be_missing_and_nothing_else(station: Station) -> None:
    """--without=device expects the claims that lack a device to be skipped, and no other claim."""
    others = [claim["id"] for claim in station.claims if claim["verdict"] == "SKIPPED" and "lack" not in claim]
    status, _ = station.run("--claims", "--without=device")
    assert status == (PARTIAL if others else 0), f"it ends with status {status}, {len(others)} others skipped"
    status, _ = station.run("--claims", "--without=luck")
    assert status == USAGE, f"without something unheard of it ends with status {status}"


def readings_resolve(station: Station) -> None:
    claim_is_read_somewhere(station.report)


def every_program_is_run(station: Station) -> None:
    declared = "".join(source.read_text() for source in station.folder.glob("*.c"))
    programs = list(station.programs("experiments", "must-fail"))
    imported = set(re.findall(r"^(?:import|from) (\w+)", "".join(each.read_text() for each in programs), re.MULTILINE))
    left = [
        program.name
        for program in programs
        if program.stem not in imported
        and not re.search(rf'"{program.parent.name}(",\s*"{program.stem}"|/{program.name}")', declared)
    ]
    assert not left, f"no experiment runs {', '.join(left)}"


def guide_names_every_claim(station: Station) -> None:
    guide = (station.folder / "guide.md").read_text()
    left = [claim["id"] for claim in station.claims if f"**{claim['id']}, " not in guide]
    assert not left, f"no paragraph on {', '.join(left)}"


def junit_agrees(station: Station) -> None:
    status, text = station.run("--claims", "--format", "junit")
    suite = ElementTree.fromstring(text)
    cases = list(suite.iter("testcase"))
    assert status == station.status and len(cases) == len(station.claims), f"{len(cases)} cases, status {status}"


def fits_the_terminal(station: Station) -> None:
    _, text = station.run("--color=never")
    place = re.compile(r":\d+ in |less \+|https?:")         # one word, as long as it is
    long = [line for line in text.splitlines() if len(line) > COLUMNS and not place.search(line)]
    assert not long, f"{len(long)} lines are too long: {long[:3]}"


def holds_without_the_gil(station: Station) -> None:
    """With PYTHON= naming the other build a claim holds, or is skipped with what is missing."""
    python = station.root / "cpython/build/ft/python"
    if not python.exists():
        raise Skip("there is no free-threaded build")
    with_numpy = station.root / "build/packages/numpy-ft/bin/python"
    python = with_numpy if with_numpy.exists() else python
    status, text = station.run("--claims", "--format", "json", PYTHON=python)
    claims = json.loads(text)["claims"]
    bad = [f"{claim['id']} {claim['verdict']}: {claim['reason']} {failures(claim)}" for claim in claims
           if claim["verdict"] not in ("PASS", "SKIPPED")]
    assert status in (0, PARTIAL) and not bad, "; ".join(bad)
    mute = [claim["id"] for claim in claims if not claim["evidence"]]
    assert not mute, f"nothing is said of {', '.join(mute)}"
    elsewhere = [claim["id"] for claim in claims if claim["builds"] not in ([], ["ft"])]
    assert not elsewhere, f"seen on another build: {', '.join(elsewhere)}"
    status, text = station.run("--must-fail", PYTHON=python)
    assert status == 0, text


def run_without_tracing(station: Station, program: Path) -> None:
    """Experiments are ordinary programs: an interpreter that records nothing runs them, too."""
    python = station.root / "cpython/build/stock/python"
    if not python.exists():
        raise Skip("there is no stock build")
    sites = sorted(station.root.glob("build/packages/*-gil/lib/python*/site-packages"))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, "-s", "-B", program], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=env | {"PYTHONPATH": os.pathsep.join(map(str, sites))},
    )
    last = done.stderr.strip().rpartition("\n")[2]
    missing = MISSING.fullmatch(last)
    if missing and (station.root / f"stations/packages/{missing[1]}.gil.lock").exists():
        raise Missing(f"there is no package '{missing[1]}' for the build 'gil': scripts/packages {missing[1]} gil")
    assert done.returncode == 0, last


def unit_passes(line: re.Match) -> None:
    assert line[1] == "OK", line[0]


def units(root: Path) -> Iterator[re.Match]:
    """The cmocka tests of what claims are built of, one by one."""
    for source in sorted((root / "tests/stations").glob("test_*.c")):
        command = [root / "build/tests/stations" / source.stem]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = list(UNIT.finditer(done.stdout))
        if not found or (done.returncode == 0) != all(line[1] == "OK" for line in found):
            sys.exit(f"glassbox: '{command[0]}' ends with status {done.returncode}:\n{done.stdout}")
        yield from found


def python_unit_passes(line: re.Match) -> None:
    if line[2].startswith("skipped"):
        raise Missing(line[2])
    assert line[2] == "ok", line[0]


def python_units(root: Path) -> Iterator[re.Match]:
    """The tests in Python of what experiments are built of, one by one; with NumPy where it is installed."""
    pythons = [root / "build/packages/numpy-gil/bin/python", root / "cpython/build/gil/python"]
    python = next(each for each in pythons if each.exists())
    for source in sorted((root / "tests/stations").glob("test_*.py")):
        done = subprocess.run([python, "-I", "-B", source, "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        found = list(PYTHON_UNIT.finditer(done.stdout))
        if not found or (done.returncode == 0) != all(line[2] == "ok" or "skipped" in line[2] for line in found):
            sys.exit(f"glassbox: '{source}' ends with status {done.returncode}:\n{done.stdout}")
        yield from found


def sources_are_what_is_imported(root: Path) -> None:
    """The sources to read are of the version that the stations import."""
    pinned = re.compile(r"^([\w.-]+==[^ ]+)", re.MULTILINE)
    for lock in sorted((root / "stations/packages").glob("*.source.lock")):
        imported = lock.with_name(lock.name.replace(".source.", ".gil."))
        assert set(pinned.findall(lock.read_text())) <= set(pinned.findall(imported.read_text())), (
            f"'{lock.name}' and '{imported.name}' pin different versions")


def guides_are_current(root: Path) -> None:
    done = subprocess.run(
        [root / "stations/regenerate", "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout.strip()


def tests(root: Path) -> Iterator[tuple[str, Callable[..., None], tuple]]:
    for line in units(root):
        yield line[2].replace("_", " "), unit_passes, (line,)
    for line in python_units(root):
        yield line[1].replace("_", " "), python_unit_passes, (line,)
    for folder in sorted((root / "stations").glob("[0-9]*-*")):
        station = Station(root, folder)
        for claim in station.claims:
            yield f"claim {claim['id']} passes", claim_passes, (claim,)
            yield f"claim {claim['id']} shows evidence", claim_shows_evidence, (claim,)
            yield f"claim {claim['id']} names lines to read", claim_is_read_somewhere, (claim,)
        for line in filter(None, station.must_fail):
            yield f"claim {line[2]} fails on {line[3]}", line_says_fail, (line,)
        name = f"station {station.number}"
        yield f"{name}: every claim can fail", every_claim_can_fail, (station,)
        yield f"{name}: exit statuses say the same", statuses_agree, (station,)
        if any("lack" in claim for claim in station.claims):
            yield f"{name}: nothing but a device may be missing", a_device_may_be_missing_and_nothing_else, (station,)
        yield f"{name}: every place to read is there", readings_resolve, (station,)
        yield f"{name}: every program is run by an experiment", every_program_is_run, (station,)
        yield f"{name}: the guide has every claim", guide_names_every_claim, (station,)
        yield f"{name}: JUnit has the same claims", junit_agrees, (station,)
        yield f"{name}: its page is {COLUMNS} columns wide", fits_the_terminal, (station,)
        yield f"{name}: on the build without the GIL, too", holds_without_the_gil, (station,)
        for program in station.programs("experiments"):
            test = f"{name}: {program.name} runs without tracing"
            yield test, run_without_tracing, (station, program)
    yield "sources are of the version that is imported", sources_are_what_is_imported, (root,)
    yield "guides have the numbers of this run", guides_are_current, (root,)


def main() -> int:
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for name, test, arguments in tests(Path(sys.argv[1])):
        outcome, why = "ok", ""
        try:
            test(*arguments)
        except Skip as skip:
            outcome, why = "skip", f": cannot run here: {skip}"
        except Missing as missing:
            outcome, why = "skip", f": {missing}"
        except AssertionError as error:
            outcome, why = "FAIL", f": {error}"
        counts[outcome] += 1
        print(f"{outcome:4}  {name}{why}", flush=True)
    print("{ok} passed, {FAIL} failed, {skip} skipped".format(**counts))
    return 1 if counts["FAIL"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
