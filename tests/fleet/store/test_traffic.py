"""The day that detections are tuned on: what is in it agrees with itself, and attacks are where the truth says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bench.fleet.attacks import ATTACKS, plant
from bench.fleet.traffic import BEGIN, Day, fill

from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store

_SPAN = 4 * 3600.0
_COUNTS = parse_sql("counts", "SELECT count() AS n, uniqExact(request_id) AS requests FROM invocations")
_HASH = parse_sql("hash", "SELECT sum(cityHash64(* EXCEPT (ingested))) AS h FROM invocations")
_GAPS = parse_sql(
    "gaps",
    "SELECT count() AS environments, countIf(last - first + 1 != n) AS with_gaps, countIf(first_worker != 1) AS unborn "
    "FROM (SELECT environment, min(sequence) AS first, max(sequence) AS last, count() AS n, "
    "min(invocation) AS first_worker FROM (SELECT environment, sequence, invocation FROM invocations UNION ALL "
    "SELECT environment, sequence, invocation FROM findings FINAL) GROUP BY environment)",
)
_OVERLAPS = parse_sql(
    "overlaps",
    "SELECT countIf(ends > next_time + toIntervalMillisecond(1)) AS n FROM (SELECT time + toIntervalMicrosecond("
    "duration_us) AS ends, leadInFrame(time, 1, time + toIntervalDay(1)) OVER (PARTITION BY environment ORDER BY time, "
    "sequence ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_time FROM invocations)",
)
_STRANGERS = parse_sql(
    "strangers",
    "SELECT (SELECT uniqExact(environment) FROM invocations) AS served, (SELECT count() FROM environments FINAL) AS told, "
    "(SELECT uniqExact(request_id) FROM platform WHERE kind = 'start' AND NOT startsWith(function, 'legacy-')) AS starts",
)
_OF_REQUESTS = parse_sql(
    "of_requests",
    "SELECT count() AS n, uniqExact(environment) AS environments, min(time) AS first FROM invocations "
    "WHERE request_id IN {requests:Array(UUID)}",
)


@pytest.fixture
def day(store: Store) -> Day:
    return fill(store, 30_000, span=_SPAN)


def test_a_day_agrees_with_itself(store: Store, day: Day) -> None:
    counts = store.rows(_COUNTS)[0]
    assert counts == {"n": day.invocations, "requests": day.invocations}
    assert store.rows(_GAPS)[0]["with_gaps"] == store.rows(_GAPS)[0]["unborn"] == 0
    assert store.rows(parse_sql("findings", "SELECT count() > 0 AS some FROM findings")) == [{"some": 1}]
    assert store.rows(_OVERLAPS) == [{"n": 0}]
    strangers = store.rows(_STRANGERS)[0]
    assert strangers["served"] == strangers["told"]
    assert strangers["starts"] == day.invocations


def test_the_same_seed_makes_the_same_day(store: Store, day: Day) -> None:
    once = store.rows(_HASH)
    store.command("TRUNCATE TABLE invocations")
    fill(store, 30_000, span=_SPAN, with_platform=False, begin=BEGIN)
    assert store.rows(_HASH) == once
    store.command("TRUNCATE TABLE invocations")
    fill(store, 30_000, span=_SPAN, with_platform=False, seed=8)
    assert store.rows(_HASH) != once


def test_attacks_are_where_the_truth_says(store: Store, day: Day) -> None:
    assert ATTACKS
    for number, make in enumerate(ATTACKS, start=1):
        truth = plant(store, replace(make(day.begin + 5000), requests=40))
        found = store.rows(_OF_REQUESTS, {"requests": sorted(truth.request_ids)})[0]
        assert found["n"] == len(truth.request_ids) == 40
        assert found["environments"] == len(truth.environments)
        assert found["first"] == datetime.fromtimestamp(truth.first, UTC).replace(tzinfo=None)
        assert store.rows(_COUNTS)[0]["n"] == day.invocations + 40 * number
    assert store.rows(_GAPS)[0]["with_gaps"] == 0
