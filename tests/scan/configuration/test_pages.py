"""Each page of these families shows its check: the vulnerable side is found, the fixed one is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scan.configuration.making import checks_of

import dayfly.scan
from dayfly.scan.checks import CHECKS

PAGES = Path(dayfly.scan.__file__).parent / "pages"
OWN = sorted(check for check in CHECKS if check.startswith(("configuration.", "secret.")))


def test_there_are_checks() -> None:
    assert len(OWN) >= 20


@pytest.mark.parametrize("check", OWN)
def test_the_vulnerable_side_is_found_and_the_fixed_one_is_not(check: str) -> None:
    (vulnerable,) = (PAGES / check).glob("vulnerable.*")
    (fixed,) = (PAGES / check).glob("fixed.*")
    assert check in checks_of({vulnerable.name: vulnerable.read_text()})
    assert check not in checks_of({fixed.name: fixed.read_text()})
