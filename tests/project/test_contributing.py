"""CONTRIBUTING.md is a true map: every path, target, name and command on it exists, and every package is on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORDS = re.findall(r"`([^`\n]+)`", PAGE)
# What a contributor chooses the name of.
_CHOSEN = re.compile(r"NAME|ID|test_y|\bx/")
_FILE = re.compile(r"[\w.]+\.(?:py|sql)|\w+/")
MAX_LINES = 90


def paths() -> list[str]:
    """Every path from the root that the page names."""
    named = [word for word in WORDS if "/" in word and " " not in word and not _CHOSEN.search(word)]
    commands = re.findall(r"(?:src|tests)/[\w/.]+", PAGE)
    return sorted(
        {
            *(word for word in named if not _FILE.fullmatch(word)),
            *(one for one in commands if not _CHOSEN.search(one)),
        }
    )


@pytest.mark.parametrize("path", paths())
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path.rstrip(".")).exists()


def test_every_file_that_is_named_alone_exists() -> None:
    named = {word.rstrip("/") for word in WORDS if _FILE.fullmatch(word) and not _CHOSEN.search(word)}
    there = {path.name for folder in ("src", "tests") for path in (ROOT / folder).rglob("*")}
    top = {path.name for path in ROOT.iterdir()}
    assert named
    assert named - there - top - {"vulnerable.py", "fixed.py"} == set()


def test_every_folder_and_package_is_on_the_map() -> None:
    shown = " ".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    # dist, build and out are what make writes.
    wanted = [
        f"{path.name}/" for path in folders if path.name not in {"src", "dist", "build", "out", "shared"}
    ]
    packages = [path.parent for path in (ROOT / "src").glob("*/*/__init__.py")]
    wanted += [f"{path.relative_to(ROOT)}/" for path in packages]
    assert len(wanted) > 10
    assert [name for name in wanted if f"`{name}" not in shown] == []


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|[`;])\s*make ([a-z-]+)", PAGE, re.MULTILINE))
    assert {"check", "docs", "setup", "test", "test-slow"} <= named <= targets


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ACTS", "src/dayfly/runtime/guard/audit_events.py"),
        ("WRAPPED", "src/dayfly/runtime/guard/drivers.py"),
        ("SEALERS", "src/dayfly/runtime/sealing.py"),
        ("_WORDS", "src/dayfly/scan/weak/checking.py"),
        ("TWINS", "tests/scan/weak/test_checking.py"),
        ("ATTACKS", "tests/fleet/detections/test_stateless.py"),
        ("HONEST", "tests/fleet/detections/test_stateless.py"),
    ],
)
def test_every_table_is_where_the_page_says(name: str, path: str) -> None:
    assert f"`{name}`" in PAGE
    assert re.search(rf"^{name}\b.*=", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_command_for_one_test_runs_one_test() -> None:
    ((path, word),) = re.findall(r"pytest (\S+) -k (\w+)", PAGE)
    tests = re.findall(r"^def (test_\w+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert len([name for name in tests if word in name]) == 1


def test_it_stays_short() -> None:
    assert len(PAGE.splitlines()) <= MAX_LINES
