"""Answers are compared by what they say, with times and ids aside."""

from __future__ import annotations

import json

import pytest
from tests.lab.plan.making import events

from dayfly.lab.plan.answers import Answer, find_differences
from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.model import Difference

NOW = 1_790_000_000.0


def answers(*values: object, first: int = 0) -> list[Answer]:
    return [
        Answer(json.dumps(value).encode(), is_error=False, is_first=n < first)
        for n, value in enumerate(values)
    ]


def errors(*kinds: str) -> list[Answer]:
    return [Answer(json.dumps({"errorType": kind}).encode(), is_error=True, is_first=False) for kind in kinds]


def compare(plain: list[Answer], other: list[Answer], *, event: object = None) -> tuple[Difference, ...]:
    return find_differences(
        "invocation", ["a.json"], plain={0: plain}, other={0: other}, mask=Mask(events(event or {})), now=NOW
    )


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ([{"a": 1}] * 3, [{"a": 1}] * 3),
        ([{"at": NOW}] * 3, [{"at": NOW + 5}] * 3),
        ([{"at": int(NOW * 1000)}] * 3, [{"at": int(NOW * 1000) + 77}] * 3),
        ([{"at": "2026-09-21T14:13:20.123Z"}] * 3, [{"at": "2026-09-21T14:13:21Z"}] * 3),
        ([{"id": "3f2c" * 8}] * 3, [{"id": "9a1b" * 8}] * 3),
        ([{"text": "done 1b4e28ba-2fa1-11d2-883f-0016d3cca427"}] * 3, [{"text": "done 6fa459ea-ee8a-3ca4-894e-db77e160355e"}] * 3),
        ([{"took_ms": 1}] * 3, [{"took_ms": 9}] * 3),
        ([{"r": 0.1}, {"r": 0.5}, {"r": 0.7}], [{"r": 0.2}, {"r": 0.9}, {"r": 0.4}]),
        ([{"n": 1}, {"n": 2}], [{"n": 1}, {"n": 1}]),  # too few to tell a counter from chance
        ([{"body": json.dumps({"at": NOW})}] * 3, [{"body": json.dumps({"at": NOW + 9})}] * 3),
    ],
)  # fmt: skip
def test_the_same_but_for_times_and_ids(plain: list[object], other: list[object]) -> None:
    assert compare(answers(*plain), answers(*other)) == ()


@pytest.mark.parametrize(
    ("plain", "other", "path", "got"),
    [
        ([{"a": 1}] * 3, [{"a": 2}] * 3, "$.a", "different number"),
        ([{"a": 1}] * 3, [{"a": "1"}] * 3, "$.a", "string"),
        ([{"a": None}] * 3, [{"a": 1}] * 3, "$.a", "number"),
        ([{"a": [1, 2]}] * 3, [{"a": [1]}] * 3, "$.a", "different array"),
        ([{"a": 1}] * 3, [{}] * 3, "$", "different object"),
        ([{"n": 1}, {"n": 2}, {"n": 3}], [{"n": 1}] * 3, "$.n", "the same number every time"),
        ([{"r": 1}, {"r": 2}, {"r": 3}], [{"r": "x"}, {"r": "y"}, {"r": "z"}], "$.r", "string"),
        ([{"body": '{"a": 1}'}] * 3, [{"body": '{"a": 2}'}] * 3, "$.body.a", "different number"),
    ],
)
def test_a_difference_is_named_by_path_and_type(
    plain: list[object], other: list[object], path: str, got: str
) -> None:
    (found,) = compare(answers(*plain), answers(*other))
    assert (found.path, found.got) == (path, got)


def test_answers_that_are_no_json_are_compared_as_they_are() -> None:
    plain = [Answer(b"<p>1</p>", False, False)] * 3
    assert compare(plain, plain) == ()
    (found,) = compare(plain, [Answer(b"<p>2</p>", False, False)] * 3)
    assert (found.path, found.got) == ("$", "different text")


def test_what_every_worker_repeats_from_a_first_invocation_is_said_to_be_that() -> None:
    plain = answers({"cold": True}, {"cold": False}, {"cold": False}, first=1)
    (found,) = compare(plain, answers({"cold": True}, {"cold": True}))
    assert found.explanation == "as in an environment's first invocation"
    assert (found.affected, found.invocations) == (2, 2)
    # A window's workers have first invocations now and then, as plain has those of environments.
    assert compare(plain, answers({"cold": False}, {"cold": True}, {"cold": False})) == ()


def test_errors_are_told_by_their_type_and_how_often() -> None:
    (found,) = compare(answers(1, 1, 1), [*answers(1, 1), *errors("TimeoutError")])
    assert found.is_new_error
    assert (found.got, found.affected, found.invocations) == ("an error (TimeoutError)", 1, 3)
    (gone,) = compare(errors("KeyError", "KeyError"), answers(1, 1))
    assert not gone.is_new_error
    assert gone.expected == "an error (KeyError)"
    assert compare(errors("KeyError"), errors("KeyError")) == ()


def test_values_and_what_came_with_events_are_in_no_difference() -> None:
    plain = answers(*[{"alice-4711": "secret-one"}] * 3)
    other = answers(*[{"alice-4711": "secret-two"}] * 3)
    (found,) = compare(plain, other, event={"customer": "alice-4711"})
    assert found.path == "$.*"
    assert "secret" not in str(found)
