"""Who is in an attacker's hands still: a proved order of retirement ends it, an unproved one does not, and a later service does again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dayfly.fleet.records.rows import Environment, Finding, Invocation, Triage
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

_NOW = 1_764_000_000.0


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(_NOW + at, UTC)


@pytest.fixture(params=["whole", "shards"])
def planted(request: pytest.FixtureRequest, store: Store) -> Store:
    names = {1: "proved", 2: "unproved", 3: "served-again", 4: "nobody-ordered"}
    store.insert(
        "environments",
        [
            Environment(time=_NOW, function=name, environment=one, isolation="process")
            for one, name in names.items()
        ],
    )
    store.insert(
        "findings",
        [
            Finding(
                time=_NOW + 1,
                function=name,
                environment=one,
                uid=f"{one:016x}:1:residue.memory",
                kind="residue.memory",
                severity=5,
            )
            for one, name in names.items()
        ],
    )
    served = [(1, 5.0), (2, 5.0), (3, 5.0), (3, 50.0), (4, 5.0)]
    store.insert(
        "invocations",
        [
            Invocation(time=_NOW + at, function=names[one], environment=one, sequence=int(at))
            for one, at in served
        ],
    )
    store.insert(
        "triage",
        [
            Triage(
                time=_NOW + 10,
                subject=f"function:{name}",
                action="retire",
                actor="ada",
                facts='{"order":"o","proved":' + ("false" if name == "unproved" else "true") + "}",
            )
            for name in ("proved", "unproved", "served-again")
        ],
    )
    return store if request.param == "whole" else request.getfixturevalue("shards")


def test_a_function_is_over_with_when_its_retirement_was_proved_after_its_last_service(
    planted: Store,
) -> None:
    rows = planted.rows(
        read_sql("dayfly.fleet.console", "sql/exposure"),
        {
            "start": _moment(-60),
            "end": _moment(60),
            "always": ["residue.served"],
            "shared": ["residue.memory"],
            "rules": ["foothold"],
            "shared_rules": ["infection_burst"],
        },
    )
    over = {str(row["function"]): row["retired"] > row["last_time"] for row in rows}  # type: ignore[operator]
    assert over == {"proved": True, "unproved": False, "served-again": False, "nobody-ordered": False}
