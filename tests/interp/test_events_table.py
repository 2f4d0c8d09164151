"""cpython/EVENTS.md is held to the patches, to the format and to the tests that it names."""

import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(os.environ["GLASSBOX_ROOT"])
TEXT = (ROOT / "cpython" / "EVENTS.md").read_text()
TESTS = ROOT / "tests" / "interp"


def hooks_in_patches():
    """(file, macro) of every hook that a patch puts into an upstream file."""
    found = set()
    for patch in sorted((ROOT / "patches").glob("*.patch")):
        file = None
        for line in patch.read_text().splitlines():
            if line.startswith("+++ b/"):
                file = line.removeprefix("+++ b/")
            elif line.startswith("+") and not line.startswith("+#include"):
                found |= {(file, macro) for macro in re.findall(r"\bGLASSBOX_[A-Z_]+", line)}
    return found


def hooks_in_table():
    """(file, macro) of every `file` that is followed by `GLASSBOX_...`, on the same line or the next."""
    found = set()
    for file, macros in re.findall(r"`((?:\w+/)+\w+\.[ch])`((?:\s+`GLASSBOX_\w+`)+)", TEXT):
        found |= {(file, macro) for macro in re.findall(r"GLASSBOX_\w+", macros)}
    return found


class Table(unittest.TestCase):
    def test_every_hook_of_the_patches_stands_in_a_row(self):
        self.assertGreater(len(hooks_in_patches()), 30)
        self.assertEqual(hooks_in_patches() - hooks_in_table(), set())

    def test_every_row_names_a_hook_that_is_there(self):
        self.assertEqual(hooks_in_table() - hooks_in_patches(), set())

    def test_every_test_that_is_named_exists(self):
        named = set(re.findall(r"`(test_\w+\.py)::(\w+)\.(test_\w+)`", TEXT))
        self.assertGreater(len(named), 60)
        for file, group, test in sorted(named):
            source = (TESTS / file).read_text()
            body = re.search(rf"^class {group}\b.*?(?=^\S|\Z)", source, re.MULTILINE | re.DOTALL)
            self.assertIsNotNone(body, f"{file} has no class {group}")
            self.assertRegex(body.group(), rf"(?m)^    def {test}\(", f"{file}::{group}")

    def test_nothing_that_looks_like_a_test_escapes_that_check(self):
        self.assertEqual(len(re.findall(r"\btest_\w+\.py::", TEXT)),
                         len(re.findall(r"`test_\w+\.py::\w+\.test_\w+`", TEXT)))

    def test_every_row_but_those_without_a_writer_names_a_test(self):
        rows = [line for line in TEXT.splitlines() if re.match(r"\| \w+\.\w+", line)]
        self.assertGreater(len(rows), 60)
        self.assertEqual([row for row in rows if "::" not in row and "no writer yet" not in row], [])

    def test_every_event_of_the_format_has_a_row(self):
        header = ROOT / "cpython" / "new" / "Include" / "internal" / "glassbox_events.h"
        events = set(re.findall(r'^    X\(\w+, +\d+, \w+, +"(\w+\.\w+)"', header.read_text(), re.MULTILINE))
        self.assertGreater(len(events), 35)
        rows = " ".join(line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| "))
        self.assertEqual(events - set(re.findall(r"\w+\.\w+", rows)), set())


if __name__ == "__main__":
    unittest.main()
