"""A rule's file is checked when it is read, and what is wrong with it is said by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.detections.rules import RuleError, load_rules, parse_text, with_thresholds

GOOD = """-- rule: many
-- title: Many
-- severity: high
-- technique: T1110.004
-- every: 30
-- lookback: 60
-- story: one line and
--   {more}
-- do: look
-- explain: it is so
-- param_least: 8 (UInt32) how many
SELECT '' AS subject_key, {now:DateTime64(3)} AS episode, '' AS account, '' AS region, [] AS functions,
    [] AS environments, 0 AS environments_all, [] AS sources, [] AS request_ids, {least:UInt32} AS events,
    {start:DateTime64(3)} AS first_time, {now:DateTime64(3)} AS last_time, 1 AS severity, [] AS reasons, '{}' AS facts
"""


def test_a_rule_is_read() -> None:
    rule = parse_text("many", GOOD)
    assert (rule.severity, rule.techniques, rule.every, rule.gap) == (4, ("T1110.004",), 30, 60)
    assert rule.story == "one line and {more}"
    assert rule.parameters() == {"least": 8}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-- title: Many\n", "", "no title"),
        ("-- title: Many", "-- titel: Many\n-- title: Many", "unknown header key titel"),
        ("rule: many", "rule: Many Things", "not a valid rule name"),
        ("severity: high", "severity: awful", "severity is 'awful'"),
        ("severity: high", "severity: 9", "severity is '9'"),
        ("T1110.004", "1110", "not an ATT&CK ID"),
        ("every: 30", "every: half", "every is 'half'"),
        ("lookback: 60", "lookback: 0", "lookback is '0'"),
        ("every: 30", "every: 90", "would miss some records"),
        ("8 (UInt32) how many", "eight (UInt32) how many", "eight is not a valid UInt32"),
        ("8 (UInt32) how many", "-1 (UInt8) how many", "-1 is not a valid UInt8"),
        ("8 (UInt32) how many", "8", "param_least is '8'"),
        ("8 (UInt32) how many", "8 (UInt64) how many", "UInt64 above and UInt32 in the SQL"),
        ("{least:UInt32} AS events", "1 AS events", "does not use least"),
        ("{least:UInt32} AS events", "{most:UInt32} + {least:UInt32} AS events", "uses {most:UInt32}"),
        ("'{}' AS facts", "'{}' AS fact", "does not return facts"),
        ("SELECT '' AS", "DROP TABLE invocations;\nSELECT '' AS", "2 statements"),
        ("SELECT '' AS", "INSERT INTO detections SELECT '' AS", "start with SELECT or WITH"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(RuleError) as caught:
        parse_text("many", GOOD.replace(old, new, 1))
    assert message in caught.value.message
    assert "many.sql" in caught.value.message
    assert caught.value.hint


def test_own_rules_stand_beside_dayflys_and_not_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(GOOD)
    rules = {rule.name: rule for rule in load_rules(tmp_path)}
    assert rules["many"].own
    assert not rules["enumeration"].own
    (tmp_path / "other.sql").write_text(GOOD.replace("rule: many", "rule: enumeration"))
    with pytest.raises(DayflyError, match="two rules are named enumeration"):
        load_rules(tmp_path)
    (tmp_path / "other.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(DayflyError, match="cannot be read"):
        load_rules(tmp_path)


def test_thresholds_are_set_by_rule_and_name() -> None:
    (rule,) = with_thresholds(
        [parse_text("many", GOOD)], {"many": {"least": 20, "enabled": False, "every": 7}}
    )
    assert rule.parameters() == {"least": 20}
    assert not rule.enabled
    assert rule.every == 7


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"few": {}}, "unknown rule few"),
        ({"many": 3}, "many is not a table"),
        ({"many": {"most": 3}}, "no threshold most"),
        ({"many": {"least": "3"}}, "many.least is '3'"),
        ({"many": {"least": -3}}, "many.least is -3"),
        ({"many": {"least": True}}, "many.least is True"),
        ({"many": {"enabled": "no"}}, "many.enabled is 'no'"),
        ({"many": {"every": 0}}, "many.every is 0"),
        ({"many": {"every": True}}, "many.every is True"),
        ({"many": {"every": 10**9}}, "many.every is 1000000000"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(RuleError) as caught:
        with_thresholds([parse_text("many", GOOD)], settings)
    assert message in caught.value.message
