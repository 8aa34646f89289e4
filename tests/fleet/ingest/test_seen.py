"""What was seen is known, in whatever order it came, and hostile numbers fill no memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dayfly.fleet.ingest.seen import Ranges, Seen
from dayfly.fleet.records.rows import Behaviour, Invocation, Package, Platform, Quarantined


@given(st.lists(st.one_of(st.integers(1, 60), st.tuples(st.integers(1, 60), st.integers(1, 60)))))
def test_ranges_are_a_set(steps: list[int | tuple[int, int]]) -> None:
    ranges, model = Ranges(), set[int]()
    for step in steps:
        if isinstance(step, int):
            assert ranges.add(step) is (step not in model)
            model.add(step)
        else:
            ranges.add_range(min(step), max(step))
            model |= set(range(min(step), max(step) + 1))
    assert len(ranges) == sum(number - 1 not in model for number in model)
    for number in range(1, 62):
        assert ranges.add(number) is (number not in model)
        model.add(number)


def test_numbers_with_holes_fill_no_memory() -> None:
    ranges = Ranges()
    assert all(ranges.add(number) for number in range(0, 1_000_000, 100))
    assert len(ranges) < 300
    assert not ranges.add(999_900)


def test_environments_are_bounded_and_the_recent_ones_stay() -> None:
    seen = Seen(many_environments=10)
    for environment in range(100):
        assert seen.is_new_number("invocations", "verified", environment, 1)
        assert not seen.is_new_number("invocations", "verified", 0, 1) or environment == 0
    assert len(seen._ranges) <= 10
    assert not seen.is_new_number("invocations", "verified", 95, 1)


def test_a_line_without_proof_does_not_silence_the_proved_one() -> None:
    seen = Seen()
    for trust in ("unverified", "consistent", "verified"):
        row = Invocation(time=1.0, function="f", environment=7, sequence=1, trust=trust)
        assert seen.is_new("invocations", row)
        assert not seen.is_new("invocations", row)


def test_rows_without_a_sequence_are_known_by_what_they_are() -> None:
    seen = Seen()
    rows = [
        Platform(time=1.0, function="f", stream=1, kind="start", request_id="r"),
        Platform(time=1.0, function="f", stream=1, kind="report", request_id="r"),
        Platform(time=1.0, function="f", stream=2, kind="start", request_id="r"),
        Package(time=1.0, function="f", package="boto3", package_version="1"),
        Behaviour(time=1.0, function="f", environment=1, kind="network", target="a"),
        Quarantined(received=1.0, time=1.0, reason="forged", detail="", road="lab", bytes=1, line="x"),
    ]
    assert [seen.is_new("t", row) for row in rows] == [True] * len(rows)
    assert [seen.is_new("t", row) for row in rows] == [False] * len(rows)


def test_two_environments_that_start_in_one_millisecond_are_two() -> None:
    seen = Seen()
    start = Platform(time=1.0, function="f", stream=0, kind="init")
    assert seen.is_new("platform", start)
    assert seen.is_new("platform", start)
