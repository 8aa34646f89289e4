"""CHANGELOG.md keeps the format of Keep a Changelog 1.1.0, so that people and `make release` can read it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
# https://keepachangelog.com/en/1.1.0/
CHANGES = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_versions_are_dated_and_the_newest_comes_first() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", one) for one in headings[1:]]
    versions = [tuple(map(int, one.groups()[:3])) if one else () for one in found]
    assert () not in versions
    assert versions == sorted(versions, reverse=True)


def test_every_version_names_kinds_of_changes_in_order() -> None:
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert kinds == [kind for kind in CHANGES if kind in kinds]
