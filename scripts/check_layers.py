#!/usr/bin/env python3
"""Checks the structure of src/ and tests/ (docs/ARCHITECTURE.md, "Layers").

Fails on an include against the layers, a third-party header outside the folder that owns it, and a
test that CMake does not build. Lists, without failing, files over 600 lines and functions over 60.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What a folder may include beside itself, base and model.
LAYERS = {
    "base": set(),
    "model": set(),
    "telemetry": set(),
    "storage": set(),
    "exposition": set(),
    "template": set(),
    "config": set(),
    "http": {"config", "telemetry"},
    "tsdb": {"storage", "telemetry"},
    "promql": {"storage", "telemetry"},
    "discovery": {"config", "http", "telemetry"},
    "scraper": {"config", "http", "telemetry", "storage", "exposition", "discovery"},
    "rules": {"config", "telemetry", "storage", "promql", "template"},
    "notifier": {"config", "http", "telemetry", "discovery"},
    "remote": {"config", "http", "telemetry", "storage"},
    "alertmanager": {"config", "http", "telemetry", "template"},
    "web": {"telemetry", "storage", "exposition", "template", "config", "http", "tsdb", "promql",
            "discovery", "scraper", "rules", "notifier", "remote"},
}
LAYERS["app"] = set(LAYERS)

# Third-party headers and the folders that own them.
OWNERS = [
    (r"httplib\.h|curl/.*", {"http"}),
    (r"yaml-cpp/.*", {"config"}),
    (r"fmt/.*", None),  # Text everywhere.
    (r"tl/.*", {"base"}),
    (r"spdlog/.*", {"base"}),
    (r"prometheus/.*", {"telemetry"}),
    (r"re2/.*", {"model"}),
    (r"simdjson.*", {"base"}),
    (r"protozero/.*", {"exposition", "remote", "tsdb", "alertmanager"}),
    (r"snappy.*|zstd.*|libdeflate\.h|zlib\.h|isa-l.*", {"base"}),
    (r"openssl/.*", {"http", "base"}),
    (r"crypt\.h", {"http"}),
    (r"date/.*", {"base"}),
    (r"tsl/.*", None),
    (r"xxhash\.h", None),
    (r"CLI/.*|mimalloc.*", {"app"}),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60


def check_includes(path, folder, problems):
    text = path.read_text(errors="replace")
    for bracket, target in INCLUDE.findall(text):
        place = path.relative_to(ROOT)
        for pattern, owners in OWNERS:
            if bracket == "<" and re.fullmatch(pattern, target):
                if owners is not None and folder not in owners:
                    problems.append(f"{place}: <{target}> belongs to {', '.join(sorted(owners))}")
        if bracket != '"':
            continue
        other = target.split("/")[0]
        if other not in LAYERS or other == folder or other in ("base", "model"):
            if other == "model" and folder == "base":
                problems.append(f"{place}: base may not include {target}")
            continue
        if other not in LAYERS[folder]:
            problems.append(f"{place}: {folder} may not include {target}")


def check_tests_are_built(problems):
    for path in sorted((ROOT / "tests").rglob("*_test.cc")):
        lists = path.parent / "CMakeLists.txt"
        text = lists.read_text() if lists.exists() else ""
        if path.name not in text and "*_test.cc" not in text:
            problems.append(f"{path.relative_to(ROOT)}: no CMakeLists.txt builds it")


def list_long(path, notes):
    lines = path.read_text(errors="replace").splitlines()
    if len(lines) > MAX_FILE_LINES:
        notes.append(f"{path.relative_to(ROOT)}: {len(lines)} lines")
    start = None
    for number, line in enumerate(lines, 1):
        opens = line.endswith("{") and line[:1] not in (" ", "}", "#", "/", "")
        if opens and not line.startswith(("namespace", "class", "struct", "enum", "extern")):
            start = number
        elif line == "}" and start is not None:
            if number - start > MAX_FUNCTION_LINES:
                notes.append(f"{path.relative_to(ROOT)}:{start}: function of {number - start} lines")
            start = None


def main():
    problems, notes = [], []
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        folder = path.relative_to(ROOT / "src").parts[0]
        if folder not in LAYERS:
            problems.append(f"src/{folder}: unknown folder")
            continue
        check_includes(path, folder, problems)
        list_long(path, notes)
    check_tests_are_built(problems)
    for note in notes:
        print(f"note: {note}")
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(problems)} problems, {len(notes)} notes")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
