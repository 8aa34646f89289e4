"""An act reads answers and Dayfly's log for what they say, and no more."""

from __future__ import annotations

import json

import pytest

from dayfly.core.findings import Where
from dayfly.lab.demo.act import find_failure, read_worker
from dayfly.testing.invocations import invocation_line


def test_the_worker_is_read_from_dayflys_own_line() -> None:
    line = invocation_line(
        Where(environment="e", function="f", version="1"),
        now=1.0,
        number=3,
        worker=7,
        age_ms=2000,
        outcome="success",
        request_id="r1",
    )
    assert read_worker(line.decode()) == ("r1", 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "START RequestId: r1",
        '[not written by Dayfly] {"message":"Dayfly: invocation","worker":1}',
        '"Dayfly: invocation"',
    ],
)
def test_other_lines_name_no_worker(text: str) -> None:
    assert read_worker(text) is None


@pytest.mark.parametrize(
    ("payload", "function_error", "failure"),
    [
        ({"statusCode": 200, "body": "{}"}, None, ""),
        ({"statusCode": 500}, None, "status 500"),
        ({"errorType": "Runtime.ExitError", "errorMessage": "gone"}, "Unhandled", "Runtime.ExitError: gone"),
        # A function error that carries a proxy answer is still an error.
        ({"statusCode": 200}, "Unhandled", "None: None"),
        ([], None, "an answer that is not a JSON object"),
    ],
)
def test_a_request_is_served_only_by_a_proxy_answer_of_200(
    payload: object, function_error: str | None, failure: str
) -> None:
    assert find_failure(json.dumps(payload).encode(), function_error=function_error) == failure


def test_an_answer_that_is_no_json_is_a_failure() -> None:
    assert find_failure(b"\xff", function_error=None) == "an answer that is not valid JSON"
