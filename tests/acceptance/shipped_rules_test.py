#!/usr/bin/env python3
"""The rule files that ship with Tocsin pass their unit tests in Debian's promtool."""
import subprocess
import unittest
from pathlib import Path

import harness

RULES = Path(__file__).resolve().parents[2] / "rules"


class ShippedRulesTest(unittest.TestCase):
    def test_every_file_has_a_test_and_passes_it(self):
        harness.require_programs("promtool")
        files = sorted(p for p in RULES.glob("*.yml") if not p.stem.endswith("_test"))
        self.assertTrue(files)
        for path in files:
            test = path.with_name(path.stem + "_test.yml")
            self.assertTrue(test.exists(), f"{test.name} is missing")
            done = subprocess.run(["promtool", "test", "rules", test.name], cwd=RULES,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
