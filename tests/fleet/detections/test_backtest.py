"""Rules are tried over days that have passed: each says what it would have, in order, and nothing is written."""

from __future__ import annotations

from tests.fleet.detections.test_runner import BROKEN, FLOOD, NOW

from dayfly.fleet.detections.backtest import backtest
from dayfly.fleet.detections.rules import parse_text
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store

_WRITTEN = parse_sql("written", "SELECT count() AS n FROM detections")
DAY = 86_400.0


def test_rules_answer_in_order_whatever_becomes_of_one_and_nothing_is_written(store: Store) -> None:
    rules = [parse_text("flood", FLOOD), parse_text("broken", BROKEN)] * 2
    tried = list(backtest(store, rules, NOW - 2 * DAY, NOW))
    assert [one.rule.name for one in tried] == ["flood", "broken", "flood", "broken"]
    assert "on purpose" in tried[1].error
    assert tried[1].detections == []
    assert tried[0].error == ""
    assert tried[0].all == 2 * 10_000, "a day at a time"
    assert tried[0].detections == tried[2].detections
    assert tried[0].detections
    assert store.rows(_WRITTEN) == [{"n": 0}]


def test_several_at_once_say_what_one_after_the_other_says(store: Store) -> None:
    rules = [parse_text("flood", FLOOD)] * 3
    one, several = (list(backtest(store, rules, NOW - DAY, NOW, jobs=jobs)) for jobs in (1, 3))
    assert [tried.detections for tried in one] == [tried.detections for tried in several]
