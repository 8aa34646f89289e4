"""A report is read as what it says, or refused."""

from __future__ import annotations

import json

import pytest

from dayfly.lab.plan.model import PlanError
from dayfly.lab.plan.sightings import read_sighting


def test_a_report_keeps_names_and_counts() -> None:
    line = json.dumps(
        {
            "number": 3,
            "took_ms": 2.5,
            "files": [["/tmp/x", "read", "app.py:3"]],
            "state": [["app.X", "container", "list", 4, None, True]],
        }
    ).encode()
    seen = read_sighting(line)
    assert (seen.number, seen.files[0][2], seen.state[0].size) == (3, "app.py:3", 4)
    assert seen.state[0].is_changed


@pytest.mark.parametrize("line", [b"", b"[]", b'{"number": "x", "took_ms": 1}', b'{"took_ms": 1}', b"\xff"])
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(PlanError):
        read_sighting(line)
