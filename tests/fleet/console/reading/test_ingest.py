"""A silent collector never looks like a quiet fleet."""

from __future__ import annotations

from datetime import datetime, timedelta

from dayfly.fleet.console.reading.ingest import judge

NOW = datetime(2026, 11, 26, 1, 0)
WELL: dict[str, object] = {"is_alive": True, "store_fault": "", "lag_s": 0.2}


def test_a_store_that_is_empty_waits() -> None:
    assert judge(WELL, None, None, NOW).voice == "empty"


def test_silence_is_said_whatever_else_is_well() -> None:
    heard = NOW - timedelta(minutes=16)
    found = judge(WELL, heard, heard, NOW)
    assert found.voice == "silent"
    assert not found.is_trustworthy


def test_lines_that_come_are_well() -> None:
    assert judge(WELL, NOW - timedelta(seconds=20), NOW - timedelta(seconds=30), NOW).is_trustworthy


def test_old_lines_are_late() -> None:
    assert judge(WELL, NOW, NOW - timedelta(minutes=9), NOW).voice == "late"


def test_a_queue_that_grows_is_late() -> None:
    assert judge({**WELL, "lag_s": 300.0}, NOW, NOW, NOW).voice == "late"


def test_a_collector_that_died_or_cannot_write_is_broken() -> None:
    assert judge({**WELL, "is_alive": False}, NOW, NOW, NOW).voice == "broken"
    assert judge({**WELL, "store_fault": "no space left"}, NOW, NOW, NOW).voice == "broken"


def test_a_store_that_was_filled_without_a_collector_goes_by_its_newest_line() -> None:
    assert judge({}, None, NOW - timedelta(hours=2), NOW).voice == "silent"


def test_some_minutes_without_a_line_are_not_called_coming_in() -> None:
    heard = NOW - timedelta(minutes=8)
    found = judge(WELL, heard, heard, NOW)
    assert found.voice == "quiet"
    assert "8 min" in found.sentence
    assert not found.is_trustworthy


def test_a_line_of_the_future_does_not_make_old_ones_young() -> None:
    found = judge(WELL, NOW, NOW + timedelta(days=400), NOW)
    assert found.voice == "late"
    assert "in the future" in found.sentence
