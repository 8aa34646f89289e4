"""Batches that were taken once and come again, by whatever road and under whatever token, count once."""

from __future__ import annotations

import time
from pathlib import Path

from tests.fleet.records.test_judging import KEY, Speaker

from dayfly.fleet.ingest.collector import Collector
from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store
from dayfly.lab.model import LogLine
from dayfly.lab.shipping import subscription_records

_COUNT = parse_sql("count", "SELECT count() AS all, uniqExact(sequence) AS different FROM invocations")


def _lines(*, key: bytes | None) -> list[LogLine]:
    speaker = Speaker(key=key, began=time.time() - 100)
    events = [speaker.start(), *(speaker.invoke() for _ in range(20))]
    return [
        LogLine(event.time, "shop", "e", None, "output", str(event.message), event.log_stream)
        for event in events
    ]


def test_an_old_batch_under_new_tokens_changes_nothing(store: Store, tmp_path: Path) -> None:
    lines = _lines(key=KEY)
    body = subscription_records(lines, first_id=0)
    # The same lines in another order and other batches: what somebody does who has them and wants to confuse.
    shuffled = subscription_records([*lines[10:], *lines[:10]], first_id=1000)
    with Collector(tmp_path, store, LineReader([KEY])) as collector:
        collector.take("lab", body, token="first", sender="s")
        assert collector.drain(20.0)
        for number in range(3):
            collector.take("lab", body, token=f"again {number}", sender="other")
            collector.take("lab", shuffled, token=f"shuffled {number}", sender="other")
        collector.take("lab", body, token="first", sender="s")
        assert collector.drain(20.0)
    assert store.rows(_COUNT) == [{"all": 20, "different": 20}]


def test_it_counts_once_after_a_restart_too(store: Store, tmp_path: Path) -> None:
    body = subscription_records(_lines(key=KEY), first_id=0)
    for token in ("before", "after"):
        with Collector(tmp_path, store, LineReader([KEY])) as collector:
            collector.take("lab", body, token=token, sender="s")
            assert collector.drain(20.0)
    assert store.rows(_COUNT) == [{"all": 20, "different": 20}]
