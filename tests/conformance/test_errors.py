"""A failing handler gives the same error, the same stack trace and the same log line as under plain awslambdaric."""

from __future__ import annotations

import dataclasses

import pytest
from tests.conformance.conftest import StartPair

CASES = [
    "value error",
    "no message",
    "custom",
    "not ascii",
    "chained",
    "key error",
    "name error",
    "group",
    "recursion",
    "assertion",
    "import",
    "compiled text",
    "stop iteration",
    "decimal",
    "long message",
]


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("case", CASES)
def test_an_exception_is_reported_as_under_plain_awslambdaric(
    start_pair: StartPair, case: str, log_format: str
) -> None:
    pair = start_pair("errors.handler", environment={"AWS_LAMBDA_LOG_FORMAT": log_format})
    plain, dayfly = pair.look({"case": case})
    assert plain.kind == "error"
    assert plain.output
    if case == "long message":
        # Lambda takes causes of up to 64 KiB (RIE, rapi/handler): Dayfly sends none where it would be refused.
        assert (dayfly.xray, plain.xray is None) == (None, False)
        plain = dataclasses.replace(plain, xray=None)
    if case == "recursion":
        # The depth at which the recursion ends depends on the frames below the handler: ours are part of
        # them. Type, message and the caller's own lines are the same.
        plain, dayfly = (dataclasses.replace(side, output="", xray=None) for side in (plain, dayfly))
        assert isinstance(plain.payload, dict)
        assert isinstance(dayfly.payload, dict)
        assert dayfly.payload["errorType"] == plain.payload["errorType"] == "RecursionError"
        assert dayfly.payload["stackTrace"][:3] == plain.payload["stackTrace"][:3]
        return
    assert dayfly == plain


@pytest.mark.parametrize("case", CASES[:5])
def test_an_exception_is_the_same_error_when_the_runtime_api_is_locked(
    start_pair: StartPair, case: str
) -> None:
    """Held responses carry errors as trailers: the payload and the log are the same, the route is not."""
    pair = start_pair("errors.handler", environment={"DAYFLY_API_LOCK": "on"})
    plain, dayfly = pair.look({"case": case})
    assert (dayfly.kind, dayfly.payload, dayfly.output) == ("error", plain.payload, plain.output)


def test_a_handler_with_the_wrong_parameters_fails_as_under_plain_awslambdaric(start_pair: StartPair) -> None:
    plain, dayfly = start_pair("errors.no_parameters").look({})
    assert plain.kind == "error"
    assert dayfly == plain


def test_the_stack_trace_names_the_functions_own_lines_only(start_pair: StartPair) -> None:
    payload = start_pair("errors.handler").dayfly.look({"case": "value error"}).payload
    assert isinstance(payload, dict)
    assert len(payload["stackTrace"]) == 6
    assert all("errors.py" in line for line in payload["stackTrace"])
