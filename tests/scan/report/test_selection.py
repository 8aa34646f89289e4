"""Checks are chosen by their id or their family; what is neither is refused with the nearest names."""

from __future__ import annotations

import pytest

from dayfly.errors import DayflyError
from dayfly.scan.check import Family
from dayfly.scan.model import Severity
from dayfly.scan.report.selection import Selection, parse_severity


@pytest.mark.parametrize(
    ("only", "skip", "wanted", "unwanted"),
    [
        ((), (), ["event.sql", "weak.hash"], []),
        (("event",), (), ["event.sql"], ["weak.hash"]),
        (("event.sql",), (), ["event.sql"], ["event.command"]),
        ((), ("event",), ["weak.hash"], ["event.sql"]),
        (("event",), ("event.log",), ["event.sql"], ["event.log", "weak.hash"]),
    ],
)
def test_only_and_skip(
    only: tuple[str, ...], skip: tuple[str, ...], wanted: list[str], unwanted: list[str]
) -> None:
    selection = Selection(only, skip)
    assert [check for check in wanted if not selection.wants(check)] == []
    assert [check for check in unwanted if selection.wants(check)] == []


def test_a_family_of_which_nothing_is_wanted_need_not_be_run() -> None:
    selection = Selection(only=("event.sql",))
    assert selection.wants_family(Family.EVENT)
    assert not selection.wants_family(Family.WEAK)


@pytest.mark.parametrize(("only", "skip"), [(("event.sqll",), ()), ((), ("evnt",))])
def test_a_name_that_is_no_check_is_refused(only: tuple[str, ...], skip: tuple[str, ...]) -> None:
    with pytest.raises(DayflyError, match="unknown check"):
        Selection(only, skip)


def test_a_severity_is_set_for_a_check_before_its_family() -> None:
    selection = Selection(severities={"event": Severity.LOW, "event.sql": Severity.CRITICAL})
    assert selection.severity("event.sql", Severity.HIGH) is Severity.CRITICAL
    assert selection.severity("event.log", Severity.HIGH) is Severity.LOW
    assert selection.severity("weak.hash", Severity.HIGH) is Severity.HIGH


def test_a_severity_that_there_is_not_is_refused() -> None:
    with pytest.raises(DayflyError, match="it is 'urgent'"):
        parse_severity("urgent", where="it")
