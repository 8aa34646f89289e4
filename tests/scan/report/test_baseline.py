"""A baseline keeps fingerprints, reviews well, and is refused when it is not one."""

from __future__ import annotations

import json

import pytest
from tests.scan.report.making import make_outcome

from dayfly.errors import DayflyError
from dayfly.scan.report.baseline import read_baseline, write_baseline


def test_what_is_written_is_read() -> None:
    items = make_outcome().items
    text = write_baseline(items)
    assert read_baseline(text, name="b") == frozenset(item.fingerprint for item in items)
    assert read_baseline(write_baseline([]), name="b") == frozenset()


def test_a_finding_is_a_line_in_the_order_of_places() -> None:
    items = make_outcome().items
    lines = [line for line in write_baseline(items).split("\n") if '"fingerprint"' in line]
    assert len(lines) == len(items)
    assert write_baseline(reversed(items)) == write_baseline(items)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "not json",
        "[" * 100_000,
        json.dumps({"dayfly_scan_baseline": 2, "findings": []}),
        json.dumps({"dayfly_scan_baseline": 1, "findings": {}}),
        json.dumps({"dayfly_scan_baseline": 1, "findings": ["x"]}),
        json.dumps({"dayfly_scan_baseline": 1, "findings": [{"fingerprint": 1}]}),
        json.dumps({"dayfly_scan_baseline": 1, "findings": [{"fingerprint": "zz"}]}),
    ],
)
def test_what_is_no_baseline_is_refused_by_name(text: str) -> None:
    with pytest.raises(DayflyError, match=r"known\.json"):
        read_baseline(text, name="known.json")
