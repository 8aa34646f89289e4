"""Headers of an event are read as AWS's client reads them; what it would end on is a defect."""

from __future__ import annotations

import pytest

from dayfly.core.http1 import Reply
from dayfly.core.invocation import find_defect, parse_deadline_ms, select_headers

DEADLINE = "lambda-runtime-deadline-ms"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1790000000000", 1790000000000),
        ("-5", -5),
        ("+5", 5),
        ("1e9", 1),
        ("12 34", 12),
        ("", None),
        ("-", None),
        ("²", None),
        ("١", None),
        ("9" * 20, None),
        ("9" * 5000, None),
    ],
)
def test_a_deadline_is_a_sign_and_digits(text: str, number: int | None) -> None:
    assert parse_deadline_ms({DEADLINE: text}) == number


def event(defect: str = "", **headers: str) -> Reply:
    complete = {
        "content-type": "application/json",
        **{name.replace("_", "-"): one for name, one in headers.items()},
    }
    return Reply(200, complete, b"{}", closes=False, defect=defect)


def test_a_worker_receives_the_headers_of_events_that_say_something() -> None:
    given = event(lambda_runtime_trace_id="", lambda_runtime_client_context="{}", date="now")
    assert select_headers(given) == {
        "content-type": "application/json",
        "lambda-runtime-client-context": "{}",
    }


@pytest.mark.parametrize(
    "sound",
    [
        event(),
        event(lambda_runtime_deadline_ms="-1"),
        event(lambda_runtime_trace_id="\x7f\x01ä"),
        event(x="\udcff"),
    ],
)
def test_an_event_that_awslambdaric_serves_has_no_defect(sound: Reply) -> None:
    assert find_defect(sound) == ""


@pytest.mark.parametrize(
    ("broken", "defect"),
    [
        (event(defect="no end"), "no end"),
        (event(content_type=""), "content-type is missing"),
        (event(lambda_runtime_trace_id="\udcff"), "lambda-runtime-trace-id is not valid UTF-8"),
        (event(lambda_runtime_deadline_ms=""), "not a number above 0"),
        (event(lambda_runtime_deadline_ms="0"), "not a number above 0"),
    ],
)
def test_what_awslambdaric_ends_on_is_a_defect(broken: Reply, defect: str) -> None:
    assert defect in find_defect(broken)
