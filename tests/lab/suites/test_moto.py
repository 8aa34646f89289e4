"""moto's own suite of Lambda runs against the lab; what fails is what docs/lab-fidelity.md says, no more and no less."""

from __future__ import annotations

import pytest
from tests.lab.suites.moto_differences import DIFFERENCES
from tests.lab.suites.moto_suite import run
from tests.rie import ROOT

_LEAST_PASSED = 80


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_fails_is_what_is_documented() -> None:
    outcomes = run()
    passed = [outcome.name for outcome in outcomes if outcome.kind == "passed"]
    failed = {
        outcome.name.partition("[")[0]: outcome.said for outcome in outcomes if outcome.kind == "failed"
    }
    assert failed.keys() - DIFFERENCES.keys() == set(), failed
    assert DIFFERENCES.keys() - failed.keys() == set(), "these pass now: take them out, of the page as well"
    assert len(passed) >= _LEAST_PASSED


def test_the_page_has_every_difference_with_its_reason() -> None:
    page = (ROOT / "docs" / "lab-fidelity.md").read_text()
    assert DIFFERENCES
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for name, reason in DIFFERENCES.items():
        test = f"`{name.partition('::')[2]}`"
        assert any(line.startswith(f"| {reason} |") and test in line for line in rows), (name, reason)
