"""A weakness is one line's, whoever saw it."""

from __future__ import annotations

from dayfly.scan.model import Finding, Place, Severity, Step
from dayfly.scan.scanning import _distinct


def finding(check: str, *, column: int, function: str = "", steps: int = 1) -> Finding:
    place = Place("app.py", 4, column)
    return Finding(
        check,
        f"{check} {column}",
        place,
        Severity.MEDIUM,
        steps=(Step(place, ""),) * steps,
        function=function,
    )


def test_a_weakness_that_two_families_saw_is_reported_once_with_the_longer_way() -> None:
    plain, followed = finding("weak.hash", column=1), finding("weak.hash", column=9, function="f", steps=3)
    assert _distinct([plain, followed]) == [followed]
    assert _distinct([followed, plain]) == [followed]


def test_two_ways_into_one_sink_are_two_findings() -> None:
    both = [finding("event.sql", column=1, function="f"), finding("event.sql", column=1, function="g")]
    assert _distinct(both) == both
