"""The stretch of time in a link."""

from __future__ import annotations

from datetime import datetime

import pytest

from dayfly.fleet.console.span import iso, read_moment, read_span

NOW = datetime(2026, 11, 26, 1, 0)


def test_a_link_without_a_span_is_the_last_day() -> None:
    span = read_span(None, None, NOW)
    assert (span.seconds, span.end, span.until) == (86_400, NOW, "")


@pytest.mark.parametrize("until", ["nonsense", "", "9999-99-99", "0001-01-01", "2026-11-26T00:00:00+99:99"])
def test_what_is_no_moment_means_now(until: str) -> None:
    assert read_span("1h", until, NOW).end == NOW


def test_a_moment_of_another_zone_is_taken_as_what_it_is() -> None:
    assert read_moment("2026-11-26T02:00:00+01:00") == NOW
    # A browser writes a space for the plus of a zone.
    assert read_moment("2026-11-26T02:00:00 01:00") == NOW


def test_a_moment_is_written_as_it_is_read() -> None:
    moment = datetime(2026, 11, 26, 1, 2, 3, 456_000)
    assert read_moment(iso(moment)) == moment


def test_a_share_never_leaves_the_picture() -> None:
    span = read_span("1h", None, NOW)
    assert span.share(datetime(2020, 1, 1)) == 0.0
    assert span.share(datetime(2030, 1, 1)) == 1.0
