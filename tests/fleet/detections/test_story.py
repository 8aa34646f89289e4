"""A story is filled with facts, and half a story is better than none."""

from __future__ import annotations

import pytest

from dayfly.fleet.detections.story import fields, render


@pytest.mark.parametrize(
    ("story", "facts", "expected"),
    [
        ("{count} calls", {"count": 12345}, "12,345 calls"),
        ("{rate} a second", {"rate": 2.5}, "2.5 a second"),
        ("{part:percent}", {"part": 0.985}, "98%"),
        ("{part:percent}", {"part": 0.0123}, "1.2%"),
        ("since {at:time}", {"at": 1_764_000_000.5}, "since 2025-11-24 16:00:00 UTC"),
        ("by {who:hash}", {"who": 2**63 + 5}, "by 8000000000000005"),
        ("for {how:duration}", {"how": 5400}, "for 1.5 hours"),
        ("for {how:duration}", {"how": 600}, "for 10 minutes"),
        ("for {how:duration}", {"how": 0.25}, "for 250 ms"),
        ("{names}", {"names": list("abcdefg")}, "a, b, c, d, e and 2 more"),
        ("{gone} came", {}, "(unknown) came"),
        ("{n} environments, {m} calls at once", {"n": 1, "m": 21}, "1 environment, 21 calls at once"),
        (
            "{n} different things, {r} requests, {d} calls",
            {"n": 1, "r": 2.1, "d": 4.1},
            "1 different thing, 2.1 requests, 4.1 calls",
        ),
        ("{0} {} {a.b} {x:evil}", {"x": 1}, "{0} {} {a.b} {x:evil}"),
    ],
)
def test_a_story_is_filled(story: str, facts: dict[str, object], expected: str) -> None:
    assert render(story, facts) == expected


def test_a_storys_fields_are_known() -> None:
    assert fields("{one} {two:time}") == {"one", "two"}
