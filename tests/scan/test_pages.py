"""Every page's vulnerable code is flagged by its own check, and the fixed twin is not: by the whole scan, as a person runs it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from dayfly.scan.check import Check, Family
from dayfly.scan.checks import CHECKS
from dayfly.scan.passes.families import FamilyOptions
from dayfly.scan.report.lesson import folder_of
from dayfly.scan.scanning import Options, scan

TODAY = date(2026, 11, 25)
# Their pages are of files with names of their own, laid out by those families' tests.
_ELSEWHERE = {Family.DEPENDENCY}
_NAMES = {
    ".py": "app.py",
    ".yaml": "template.yaml",
    ".json": "template.json",
    ".tf": "main.tf",
    ".ini": "settings.ini",
}
CHOSEN = [check for check in CHECKS.values() if check.family not in _ELSEWHERE]


def checks_found(check: Check, stem: str, folder: Path) -> set[str]:
    """What the scan finds in one side of a page."""
    sources = [path for path in folder_of(check).glob(f"{stem}*") if path.suffix != ".pyc"]
    assert sources, f"{check.id} has no {stem}"
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, folder / _NAMES.get(source.suffix, source.name))
    if not list(folder.glob("*.py")):
        (folder / "app.py").write_text("")  # a package has code
    outcome = scan([folder], Options(base=folder, today=TODAY, families=FamilyOptions(today=TODAY)))
    assert outcome.faults == 0
    return {item.finding.check for item in outcome.open}


@pytest.mark.parametrize("check", CHOSEN, ids=lambda check: check.id)
def test_the_vulnerable_side_is_flagged(check: Check, tmp_path: Path) -> None:
    assert check.id in checks_found(check, "vulnerable", tmp_path)


@pytest.mark.parametrize("check", CHOSEN, ids=lambda check: check.id)
def test_the_fixed_side_is_not(check: Check, tmp_path: Path) -> None:
    assert check.id not in checks_found(check, "fixed", tmp_path)
