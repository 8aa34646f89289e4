"""`dayfly fleet status` tells people how a part is: ages for moments, units, and what was refused and why."""

from __future__ import annotations

from dayfly.cli.fleet_status import describe


def test_a_part_is_told_in_words_without_zeros_flags_and_epochs() -> None:
    ran = {"runs": 3, "failures": 0, "last_error": "", "is_failing": False, "last_run": 990.0, "last_ms": 15}
    assert describe(ran, now=1000.0) == "runs 3, last run 10 s ago, last 15 ms"


def test_what_a_collector_refused_is_told_with_its_reason() -> None:
    health: dict[str, object] = {
        "queue_bytes": 2048,
        "lag_s": 1.5,
        "lines_per_s": 1200.5,
        "lines": 50_000,
        "newest": 0.0,
        "refused": {"the queue is full": 3, "no key": 0},
        "is_alive": True,
        "store_fault": "away",
    }
    told = "queue 2,048 bytes, lag 1.5 s, lines/s 1,200.5, lines 50,000, refused the queue is full 3, store fault: away"
    assert describe(health, now=1000.0) == told


def test_a_part_that_has_done_nothing_says_so() -> None:
    assert describe({"lines": 0, "is_alive": True}, now=1.0) == "nothing yet"
