"""Days that are over go whole, and what people decided stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Finding, Invocation, Package, Triage
from dayfly.fleet.store.retention import days_by_table, let_go, parse_keep
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store

_NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
_MINE = {"invocations", "findings"}
_DAYS = parse_sql("days", "SELECT DISTINCT toString(toDate(time)) AS day FROM invocations ORDER BY day")
_OTHERS = parse_sql(
    "others",
    "SELECT (SELECT count() FROM findings) AS findings, (SELECT count() FROM packages) AS packages, "
    "(SELECT count() FROM triage) AS triage",
)


def _ago(days: float) -> float:
    return (_NOW - timedelta(days=days)).timestamp()


def test_whole_days_go_and_the_day_that_is_kept_in_part_stays(store: Store) -> None:
    store.insert(
        "invocations", [Invocation(time=_ago(n), function="f", environment=1, sequence=n) for n in range(6)]
    )
    old = _ago(400)
    store.insert("findings", [Finding(time=at, function="f", environment=1, uid="u", kind="k", severity=1)
                              for at in (_ago(20), old)])  # fmt: skip
    store.insert("packages", [Package(time=old, function="f", package="boto3")])
    store.insert("triage", [Triage(time=old, subject="rule:x", action="mute", actor="a")])
    gone = let_go(store, 3, now=_NOW)
    assert [(one.table, one.partition, one.rows) for one in gone if one.table in _MINE] == [
        ("findings", "202510", 1), ("invocations", "2026-11-20", 1), ("invocations", "2026-11-21", 1),
    ]  # fmt: skip
    assert [row["day"] for row in store.rows(_DAYS)] == [
        "2026-11-22",
        "2026-11-23",
        "2026-11-24",
        "2026-11-25",
    ]
    assert store.rows(_OTHERS) == [{"findings": 1, "packages": 1, "triage": 1}]
    assert let_go(store, 3, now=_NOW) == []


def test_a_table_may_be_kept_otherwise() -> None:
    assert days_by_table(10, {"platform": 2})["platform"] == 2
    assert days_by_table(10)["findings"] > 10


@pytest.mark.parametrize("text", ["", "0d", "d", "3m", "-1d", "1e9", "99999999d"])
def test_no_time_is_refused(text: str) -> None:
    with pytest.raises(DayflyError, match="not a retention time"):
        parse_keep(text)


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("2w", 14), (" 7 ", 7)])
def test_days_and_weeks_are_read(text: str, days: int) -> None:
    assert parse_keep(text) == days
