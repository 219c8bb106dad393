#!/usr/bin/env python3
"""Runs every test that CTest knows in a build directory and adds up their cases.

GoogleTest binaries report each case; other tests count as one. The last line is
"N passed, N failed, N skipped". Exit code 1 when anything failed or nothing ran.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def list_tests(build_directory):
    out = subprocess.run(["ctest", "--test-dir", build_directory, "--show-only=json-v1"],
                         check=True, capture_output=True, text=True).stdout
    for test in json.loads(out)["tests"]:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        yield test["name"], test.get("command", []), properties


def count_cases(report):
    """Passed, failed and skipped cases of a GoogleTest XML report."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
        elif case.get("result") == "skipped":
            skipped += 1
        elif case.get("status") == "run":
            passed += 1
    return passed, failed, skipped


def count_unittest(output, code):
    """The counts of Python's unittest; one test for whatever says nothing."""
    ran = re.search(r"^Ran (\d+) tests? in", output, re.M)
    if not ran:
        return (1, 0, 0) if code == 0 else (0, 1, 0)
    counts = {word: int(number) for word, number in
              re.findall(r"(failures|errors|skipped)=(\d+)", output.splitlines()[-1])}
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    skipped = counts.get("skipped", 0)
    if code != 0 and failed == 0:
        failed = 1
    return int(ran.group(1)) - failed - skipped, failed, skipped


def environment_of(properties):
    environment = dict(os.environ)
    for setting in properties.get("ENVIRONMENT", []):
        name, _, value = setting.partition("=")
        environment[name] = value
    return environment


def run_test(name, command, properties, scratch):
    """Runs one test; returns its counts and prints its output when it fails."""
    report = Path(scratch) / f"{name}.xml"
    try:
        done = subprocess.run(command + [f"--gtest_output=xml:{report}"] if name_is_gtest(command)
                              else command, env=environment_of(properties),
                              cwd=properties.get("WORKING_DIRECTORY"), text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=float(properties.get("TIMEOUT", 600)))
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as expired:
        output, code = (expired.stdout or b"").decode(errors="replace") + "\ntimed out", 124
    except OSError as error:
        output, code = str(error), 127
    if report.exists():
        passed, failed, skipped = count_cases(report)
        if code != 0 and failed == 0:
            failed = 1  # Crashed, or a sanitizer complained at exit.
    else:
        passed, failed, skipped = count_unittest(output, code)
    if failed:
        print("\n".join(output.splitlines()[-200:]))
    for line in output.splitlines():
        if re.match(r"skipped:", line):
            print("   ", line)
    return passed, failed, skipped


def name_is_gtest(command):
    return bool(command) and command[0].endswith("_tests")


def main():
    build_directory = sys.argv[1]
    totals = [0, 0, 0]
    with tempfile.TemporaryDirectory() as scratch:
        for name, command, properties in list_tests(build_directory):
            begin = time.monotonic()
            counts = run_test(name, command, properties, scratch)
            totals = [total + count for total, count in zip(totals, counts)]
            verdict = "FAILED" if counts[1] else "ok"
            print(f"{name:<20} {verdict:<7} {counts[0]} passed, {counts[1]} failed, "
                  f"{counts[2]} skipped ({time.monotonic() - begin:.1f} s)", flush=True)
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
