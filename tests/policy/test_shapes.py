"""Which shapes are learned: the usual ones of sites that have few, never those of few senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from dayfly.core.shapes import MANY_ENTRIES, SHAPE
from dayfly.policy.checking import check
from dayfly.policy.document import parse_document
from dayfly.policy.learned import learn
from dayfly.policy.logs import parse_log
from dayfly.policy.model import Gathered, Seen, Use
from dayfly.policy.shapes import MIN_UNITS, VALID, new_entries, usual_shapes
from dayfly.policy.writing import write_policy

TODAY = date(2026, 11, 30)


def target(number: int, *, site: str = "9f3a01c2") -> str:
    return f"sql app.py:find<handler {site} {number:016x}"


def ran(*units: Sequence[int]) -> Gathered:
    """One unit after the other, each with the numbers of the shapes that it had."""
    shapes = tuple(
        Seen(Use(SHAPE, target(number)), "log", f"environment {at}")
        for at, numbers in enumerate(units)
        for number in numbers
    )
    return Gathered(
        source="log", seen=(), units=tuple(f"environment {at}" for at in range(len(units))), shapes=shapes
    )


def learned(*units: Sequence[int]) -> list[str]:
    return [str(shape) for shape in usual_shapes([ran(*units)])]


def test_a_site_that_always_does_the_same_is_learned_once_it_was_seen_often_enough() -> None:
    assert learned(*[[1]] * MIN_UNITS) == [target(1)]
    assert learned(*[[1]] * (MIN_UNITS - 1)) == []
    assert learned(*[[1]] * 9, *[[2]] * 8) == [target(1), target(2)]


def test_what_few_senders_had_teaches_nothing_and_keeps_nothing_from_being_learned() -> None:
    assert learned(*[[1]] * 19, [1, 66]) == [target(1)]
    # In two of forty: still a small share.
    assert learned(*[[1]] * 38, [1, 66], [66]) == [target(1)]


def test_a_site_that_puts_statements_together_is_not_learned() -> None:
    assert learned(*[[number] for number in range(20)]) == []
    assert learned(*[[number % 5] for number in range(40)]) == []
    assert learned(*[[1]] * 10, *[[number] for number in range(2, 6)]) == []


def test_uses_of_shapes_are_no_capability_that_a_policy_allows() -> None:
    found = learn([ran(*[[1]] * MIN_UNITS)])
    assert [str(shape) for shape in found.shapes] == [target(1)]
    assert found.packages == {}


def test_an_entry_is_written_with_its_end_and_again_before_it() -> None:
    shapes = usual_shapes([ran(*[[1]] * MIN_UNITS)])
    first = new_entries([], shapes, TODAY)
    assert first == [f"{target(1)} {(TODAY + VALID).isoformat()}"]
    assert new_entries(first, shapes, TODAY + timedelta(days=20)) == []
    later = TODAY + timedelta(days=40)
    assert new_entries(first, shapes, later) == [f"{target(1)} {(later + VALID).isoformat()}"]
    assert new_entries([f"{target(2)} 2027-01-01"] * MANY_ENTRIES, shapes, TODAY) == []


def test_a_policy_gets_them_and_what_is_over_is_named() -> None:
    needs = learn([ran(*[[1]] * MIN_UNITS)])
    fresh = write_policy("", needs, today=TODAY, source="a log")
    added = write_policy("[policy.network]\nallow = []\n", needs, today=TODAY, source="a log")
    for text in (fresh, added):
        assert parse_document(text).policy().shapes == tuple(new_entries([], needs.shapes, TODAY))
        assert write_policy(text, needs, today=TODAY, source="a log") == text
    old = parse_document(added.replace("2027-02-28", "2026-01-01"))
    assert any("expired" in problem.what for problem in check(old, now=datetime(2026, 11, 30, tzinfo=UTC)))


def finding(request: str, environment: str, **evidence: object) -> str:
    import json

    return json.dumps(
        {
            "class_uid": 2004,
            "metadata": {"product": {"name": "Dayfly"}},
            "finding_info": {"types": [evidence.pop("id")]},
            "unmapped": {"request_id": request, "environment": environment, "evidence": evidence},
        }
    )


def test_a_log_teaches_them_but_no_request_that_was_judged() -> None:
    def shape(request: str, environment: str) -> str:
        return finding(
            request, environment, id="guard.capability", rule="capability.shape", kind=SHAPE, verdict="used",
            target=target(1), packages=["function"], phase="invoke",
        )  # fmt: skip

    lines = [shape(f"r{number}", f"e{number}") for number in range(MIN_UNITS)]
    assert [str(one) for one in usual_shapes([parse_log("\n".join(lines)).gather()])] == [target(1)]
    lines.append(finding("r0", "e0", id="guard.observed", rule="python.structure"))
    assert usual_shapes([parse_log("\n".join(lines)).gather()]) == ()
